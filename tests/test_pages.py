"""The runner of code blocks passes what is right and names the line of what is wrong."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pages import run_page


def run(folder: Path, *blocks: str) -> None:
    """Run a page of blocks, each given as its fence's language, a newline and the text."""
    page = folder / "page.md"
    page.write_text("".join(f"\n{block.replace('~', '```', 1)}\n```\n" for block in blocks))
    run_page(page, folder, folder)


def test_the_blocks_of_a_page_share_one_folder(tmp_path: Path) -> None:
    run(
        tmp_path,
        "**`shop/a.yaml`**\n\n~yaml\na: [1]",
        "~bash\ncp shop/a.yaml b.yaml",
        "~python\nimport pathlib\nassert pathlib.Path('b.yaml').exists()",
        "~console\n$ cat b.yaml\na: [1]\n$ true\n$ seq 9\n1\n...\n9\n$ ls nowhere\nls: ...No such file...",
        "~text\nwhatever",
    )
    assert (tmp_path / "b.yaml").read_text() == "a: [1]\n"


def test_the_shell_stays_where_a_command_took_it(tmp_path: Path) -> None:
    run(
        tmp_path,
        "~bash\nmkdir -p shop/apis\ncd shop",
        "`apis/a.yaml`\n\n~yaml\na: 1",
        "~console\n$ ls\napis\n$ (cd apis && ls)\na.yaml\n$ cd apis && ls\na.yaml",
        "~console\n$ ls a.yaml && cd nowhere\na.yaml\n...No such...",
        "~python\nimport pathlib\nassert pathlib.Path('a.yaml').exists()",
    )


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("~bash\nfalse\ntrue", "page.md:2: ended with 1"),
        ("~python\nimport warnings\nwarnings.warn('old')", "UserWarning: old"),
        ("~yaml\na: [", "page.md:2: while parsing"),
        ("`a.json`:\n\n~json\n{", "page.md:4: Expecting property name"),
        ("~console\n$ echo two\none", "printed:\ntwo"),
        ("~console\n$ false", "ended with 1"),
        ("~bash now\nfalse", "a fence is three backticks and one word"),
        ("~\nanything", "block without a language"),
        ("<!-- tested by nowhere.py -->\n~bash\nfalse", "nowhere.py"),
        ("<!-- tested by other.md -->\n~bash\nfalse", "other.md knows no page.md"),
    ],
)
def test_a_block_that_fails_is_named(tmp_path: Path, block: str, problem: str) -> None:
    (tmp_path / "other.md").write_text("")
    with pytest.raises(AssertionError) as caught:
        run(tmp_path, block)
    assert problem in str(caught.value)


def test_a_block_is_left_to_a_file_that_mentions_the_page(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("sh page.md")
    run(tmp_path, "<!-- tested by run.sh -->\n~bash\nfalse")


def test_a_server_left_in_the_background_ends_with_the_page(tmp_path: Path) -> None:
    run(tmp_path, "~bash\n(while sleep 0.05; do date > beat; done) &", "~bash\nsleep 0.2; test -s beat")
    last = (tmp_path / "beat").stat().st_mtime_ns
    time.sleep(0.2)
    assert (tmp_path / "beat").stat().st_mtime_ns == last
