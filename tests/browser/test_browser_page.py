"""The page as a reader meets it: hostile text, no network, no anchor, an old browser, keyboard, paper, and a large dossier."""

import json
import random
import time

import pytest

from comity.acts.custody_bodies import ItemOpened
from comity.evidence.browser.page import verifier_page
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.dossier import format as layout

HOSTILE = '"><script>window.harmed=1</script><img src=x onerror="window.harmed=1"></textarea>\u202e\x1b[31m'


@pytest.fixture
def require_same(request):
    """The comparison of conftest, by way of the module that pytest loaded."""
    return request.config.pluginmanager.getplugin(str(request.path.with_name("conftest.py"))).require_same


def test_text_from_a_dossier_is_shown_and_never_run(page, make_workshop, workshop):
    federation = workshop.new_federation()
    honest = federation.act

    def act(issuer, said, **about):
        if isinstance(said, ItemOpened):
            said = ItemOpened(said.exhibit, said.item, HOSTILE, HOSTILE)
        return honest(issuer, said, **about)

    federation.act = act
    other = make_workshop(federation)
    before = page.run("document.querySelectorAll('script, img, iframe, object, embed, a').length")
    path = page.folder / "<img src=x onerror=window.harmed=1>.zip"
    path.write_bytes(other.dossier)
    assert page.check(path, federation.anchor())["state"] == "done"
    assert page.run("window.harmed") is None
    assert page.run("document.querySelectorAll('script, img, iframe, object, embed, a').length") == before
    shown = page.run("document.body.innerText")
    assert '<script>window.harmed=1</script><img src=x onerror="window.harmed=1">' in shown
    assert "<img src=x onerror=window.harmed=1>.zip" in shown
    assert "\u202e" not in shown
    assert "<U+202E>" in shown
    path.unlink()


def test_nothing_is_loaded_or_sent_and_the_policy_is_never_touched(page, workshop):
    page.reopen()
    workshop.federation.verify(workshop.dossier)
    page.run("new Promise((done) => setTimeout(done, 100))")
    sent = [event for event in page.browser.events if event.get("method") == "Network.requestWillBeSent"]
    addresses = {event["params"]["request"]["url"].partition(":")[0] for event in sent}
    assert addresses <= {"file", "blob", "data"}
    logged = [
        event for event in page.browser.events if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")
    ]
    assert logged == []


FETCH = "fetch('http://127.0.0.1:9/').then(() => 'sent')"
IMAGE = """new Promise((done) => {
  const image = new Image();
  image.onload = () => done("sent");
  image.onerror = () => done("refused");
  image.src = "http://127.0.0.1:9/x.png";
})"""
SCRIPT = """new Promise((done) => {
  addEventListener("securitypolicyviolation", () => done("refused"));
  const script = document.createElement("script");
  script.textContent = "window.harmed = 2";
  document.body.append(script);
  setTimeout(() => done(window.harmed === 2 ? "sent" : "refused"), 200);
})"""


@pytest.mark.parametrize("attempt", [FETCH, IMAGE, SCRIPT], ids=["fetch", "image", "script"])
def test_even_a_script_that_got_in_could_send_nothing(page, attempt):
    page.reopen()
    assert page.run(f"Promise.resolve({attempt}).catch(() => 'refused')") == "refused"
    page.reopen()


def test_without_an_anchor_the_verdict_is_indeterminate(page, workshop, require_same):
    from io import BytesIO

    from comity.evidence.checks.verify import verify_dossier

    shown = page.check(workshop.dossier, None)
    require_same(shown, verify_dossier(BytesIO(workshop.dossier), None, workshop.federation.now))
    assert shown["verdict"] == "indeterminate"


@pytest.mark.parametrize("anchor", [b"", b"{}", b"PK\x03\x04", b'{"v":1,"v":1}', b"x" * ((1 << 20) + 1)])
def test_an_anchor_that_is_none_leaves_nothing_judged(page, workshop, anchor):
    shown = page.check(workshop.dossier, anchor)
    assert shown["state"] == "broken"
    assert shown["meaning"].startswith("Nothing was judged: the trust anchor is none")
    assert page.run("document.getElementById('checks-part').hidden") is True


def test_without_a_dossier_nothing_is_judged(page):
    page.reopen()
    page.run("document.getElementById('check').click()")
    assert page.run("document.getElementById('meaning').textContent").startswith("Nothing was judged")


LACKING = """
const real = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = async (form, key, how, ...more) => {
  if ((how.namedCurve ?? how.name) === "%s") throw new DOMException("", "NotSupportedError");
  return real(form, key, how, ...more);
};
"""


@pytest.mark.parametrize("names", ["Ed25519", "P-256"])
def test_what_a_browser_cannot_judge_is_open_and_named_and_never_valid_or_invalid(page, workshop, names):
    page.reopen()
    broken = LACKING % names
    page.run(
        f"(() => {{ const e = document.getElementById('engine'); e.textContent = {json.dumps(broken)} + e.textContent; }})()"
    )
    shown = page.check(workshop.dossier, workshop.federation.anchor())
    assert shown["verdict"] == "indeterminate"
    assert {check["outcome"] for check in shown["checks"]} == {"valid", "indeterminate"}
    assert f"this page cannot check {names}" in page.run("document.getElementById('wrong').textContent")
    page.reopen()


def test_the_page_from_a_dossier_judges_that_dossier(page, workshop):
    assert (page.folder / "verify.html").read_bytes() == verifier_page()
    assert page.check(workshop.dossier, workshop.federation.anchor())["verdict"] == "valid"


def test_files_dropped_anywhere_are_told_apart_by_what_is_in_them(page):
    page.reopen()
    page.run(
        "new Promise((done) => { const t = new DataTransfer();"
        " t.items.add(new File(['{}'], 'anchor')); t.items.add(new File(['PK\\x03\\x04'], 'evidence.json'));"
        " dispatchEvent(new DragEvent('drop', { dataTransfer: t, cancelable: true })); setTimeout(done, 100); })"
    )
    assert page.run("document.getElementById('dossier-name').textContent") == "evidence.json (4 B)"
    assert page.run("document.getElementById('anchor-name').textContent") == "anchor (2 B)"
    assert page.run("document.getElementById('dossier').files[0].name") == "evidence.json"
    page.reopen()


def test_every_control_has_a_name_every_table_its_headers_and_the_result_the_focus(page, workshop):
    page.check(workshop.dossier, workshop.federation.anchor())
    assert page.run("document.activeElement.id") == "verdict"
    assert page.run("document.documentElement.lang") == "en"
    unnamed = "[...document.querySelectorAll('input, button')].filter((e) => !(e.labels?.length || e.textContent.trim())).length"
    assert page.run(unnamed) == 0
    assert page.run(
        "[...document.querySelectorAll('table')].every((t) => t.querySelectorAll('thead th[scope=col]').length)"
    )
    assert page.run("document.querySelectorAll('#checks tbody th[scope=row]').length") == 12
    assert page.run("document.querySelector('#timeline svg').getAttribute('role')") == "img"
    assert "provider" in page.run("document.querySelector('#timeline svg desc').textContent")
    assert page.run("document.getElementById('spoken').textContent").startswith("✓ Valid")
    ids = page.run("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


def test_everything_is_reached_by_the_keyboard_in_order(page, workshop):
    page.check(workshop.dossier, workshop.federation.anchor())
    reached = []
    for _ in range(24):
        for kind in ("keyDown", "keyUp"):
            page.browser.ask("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.append(page.run("document.activeElement.id || document.activeElement.className"))
    wanted = ["dossier", "anchor", "check", "print", "save"]
    found = [name for name in reached if name in wanted]
    start = found.index(wanted[0])
    assert found[start : start + 5] == wanted


def test_on_a_telephone_no_table_is_wider_than_the_screen_and_no_column_is_cut_off(page, workshop):
    page.check(workshop.dossier, workshop.federation.anchor())
    page.browser.look(width=360, height=800)
    try:
        for name in ("checks", "steps"):
            assert page.run(f"document.getElementById('{name}').scrollWidth <= document.body.clientWidth"), name
        wide = "[...document.querySelectorAll('#checks td, #steps td')].every((e) => e.getBoundingClientRect().right <= 360)"
        assert page.run(wide)
    finally:
        page.browser.look(width=1100, height=900)


def test_what_checks_noticed_stands_under_the_checks_name_which_is_said_once(page, workshop):
    page.check(workshop.dossier, workshop.federation.anchor())
    names = page.run("[...document.querySelectorAll('#known .from')].map((e) => e.textContent)")
    assert len(names) == len(set(names))
    assert "Check 10, custody" in names
    assert page.run("document.querySelectorAll('#known .what').length") > len(names)


def test_on_paper_only_the_result_is_left(page, workshop):
    page.check(workshop.dossier, workshop.federation.anchor())
    page.browser.look(width=800, height=1000, media="print")
    try:
        assert page.run("getComputedStyle(document.getElementById('form')).display") == "none"
        assert page.run("getComputedStyle(document.getElementById('print').parentElement).display") == "none"
        assert page.run("getComputedStyle(document.getElementById('checks')).display") == "table"
        assert page.run("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    finally:
        page.browser.look(width=1100, height=900)


def test_the_drawing_shows_each_holder_each_hand_over_and_each_mark(page, workshop):
    page.check(workshop.dossier, workshop.federation.anchor())
    counts = {
        kind: page.run(f"document.querySelectorAll('#timeline .{kind}').length")
        for kind in ("held", "given", "opened", "aside")
    }
    assert counts == {"held": 3, "given": 2, "opened": 1, "aside": 1}
    steps = page.run("[...document.querySelectorAll('#steps tbody tr')].map((row) => row.cells[3].textContent)")
    assert steps[0] == "provider took the data in"
    assert steps[-1] == "pt exported this dossier"
    assert len(steps) == 8


def test_the_drawn_bar_of_a_giver_ends_where_the_taker_has_received_and_a_hold_goes_on(page, workshop):
    page.check(workshop.dossier, workshop.federation.anchor())
    ends = page.run(
        "[...document.querySelectorAll('#timeline .held')].map((bar) => Number(bar.getAttribute('x')) + Number(bar.getAttribute('width')))"
    )
    begins = page.run("[...document.querySelectorAll('#timeline .held')].map((bar) => Number(bar.getAttribute('x')))")
    hold, giver, taker = range(3)
    assert ends[giver] == begins[taker]
    assert ends[hold] == ends[taker] > ends[giver]


def test_a_large_dossier_leaves_the_page_free(page, make_workshop, workshop):
    content = random.Random(1).randbytes(4 << 20)
    exhibit = workshop.exhibit("large", 14, 10, content=lambda number: bytes([number]) + content)
    federation = workshop.new_federation()
    shop = make_workshop(federation, (exhibit,))
    page.reopen()
    page.run(
        "(() => { window.gap = 0; let last = performance.now(); const each = (now) => {"
        " window.gap = Math.max(window.gap, now - last); last = now; requestAnimationFrame(each); };"
        " requestAnimationFrame(each); })()"
    )
    began = time.perf_counter()
    assert page.check(shop.dossier, federation.anchor())["verdict"] == "valid"
    took = 1000 * (time.perf_counter() - began)
    # A page that hashed these 40 MB itself would stand still for the whole of it. A busy machine may be slow in all it does.
    assert page.run("window.gap") < max(400, took / 3)


def test_a_check_can_be_stopped(page, workshop, tmp_path):
    large = tmp_path / "large.zip"
    with large.open("wb") as file:
        file.write(workshop.dossier[:60])
        file.truncate(1 << 30)
    page.browser.choose("#dossier", large)
    page.run("document.getElementById('check').click()")
    page.run("document.getElementById('stop').click()")
    assert page.run("document.body.dataset.state") in ("ready", "broken", "done")
    assert page.run("document.getElementById('check').disabled") is False
    assert page.check(workshop.dossier, workshop.federation.anchor())["verdict"] == "valid"


def test_random_bits_and_random_values_are_judged_alike(workshop, module_beside):
    fuzz = module_beside("dossier/test_dossier_fuzz.py")
    draw = random.Random(20)
    strange = [None, True, 0, -1, 1 << 70, "", "0" * 64, "2026-03-02T09:00:00", "\u202e", [], {}, [[]], 1.5]
    for _ in range(25):
        data = bytearray(workshop.dossier)
        at = draw.randrange(8 * len(data))
        data[at // 8] ^= 1 << at % 8
        assert workshop.federation.verify(bytes(data)).verdict is Verdict.INVALID
    for path in fuzz.json_paths(workshop) * 4:
        value = json.loads(workshop.files[path])
        where = draw.choice(list(fuzz.places(value)))
        altered = json.dumps(fuzz.replaced(value, where, draw.choice(strange))).encode()
        dossier = fuzz.repacked(workshop, path, altered)
        if path != layout.HEADER and draw.random() < 0.7:
            dossier = workshop.altered({path: altered}, vouch=draw.random() < 0.5)
        workshop.federation.verify(dossier)
