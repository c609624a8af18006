"""webapp/place puts pages in the place of others: whoever asks meanwhile finds whole ones, and the assets of the build before stay."""

import importlib.machinery
import importlib.util
import pathlib
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
#: how often other pages are put there while they are read
SWITCHES = 60

__all__ = ["switch_tests"]


def program():
    """webapp/place, which has no ending, as a module."""
    loader = importlib.machinery.SourceFileLoader("place", str(ROOT / "webapp/place"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("place", loader))
    loader.exec_module(module)
    return module


def build(directory, name):
    """Pages of which the first names an asset of its own."""
    pages = directory / name
    (pages / "assets").mkdir(parents=True)
    (pages / "assets" / f"{name}.js").write_text(name)
    (pages / "index.html").write_text(f"{name}.js")
    (pages / "robots.txt").write_text(name)
    (pages / ".stamp").write_text(name)
    return pages


def faults_seen(place, ended):
    """What somebody sees who asks all the time."""
    faults = []
    while not ended.is_set():
        try:
            named = (place / "pages/index.html").read_text()
            (place / "pages/assets" / named).read_text()
        except OSError as error:
            faults.append(str(error))
    return faults


def switch_tests(tap):
    """Each a line."""
    placing = program()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        place = directory / "place"
        place.mkdir()
        builds = [build(directory, one) for one in ("one", "two", "three")]

        def there():
            return sorted(path.name for path in (place / "pages").rglob("*") if path.is_file())

        placing.install_pages(place, builds[0])
        tap.ok(there() == ["index.html", "one.js", "robots.txt"], "pages are put where there are none", str(there()))
        ended, faults = threading.Event(), []
        reader = threading.Thread(target=lambda: faults.extend(faults_seen(place, ended)))
        reader.start()
        for n in range(SWITCHES):
            placing.install_pages(place, builds[n % 2])
        ended.set()
        reader.join()
        tap.ok(not faults, "whoever asks while pages are renewed finds whole ones", *faults[:3])
        placing.install_pages(place, builds[2])
        placing.install_pages(place, builds[2])
        wanted = ["index.html", "robots.txt", "three.js", "two.js"]
        tap.ok(there() == wanted, "the assets of the build before stay, also if pages are put twice; older ones go", str(there()))
