// The live worklist: freshness, keys, and what is new for who looks.
"use strict";

(() => {
  const list = document.getElementById("worklist");
  const rows = document.getElementById("rows");
  const updated = document.getElementById("updated");
  const help = document.getElementById("help");
  const announcer = document.getElementById("announcer");

  const clock = globalThis.astreinteClock(list, "rows-at");
  const wall = new Intl.DateTimeFormat(document.documentElement.lang, {
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
    timeZone: updated.dataset.zone,
  });

  // ---- freshness ----------------------------------------------------------------------------
  const noteUpdate = () => {
    const at = clock.set();
    updated.dateTime = new Date(at).toISOString();
    updated.textContent = wall.format(at);
    announceNew();
  };
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === rows) noteUpdate();
  });

  // ---- a new case for me --------------------------------------------------------------------
  const known = new Set();
  let first = true;

  function announceNew() {
    const mine = [...rows.querySelectorAll('tr[data-for-me="yes"]')];
    const fresh = mine.filter((row) => !known.has(row.dataset.case));
    known.clear();
    mine.forEach((row) => known.add(row.dataset.case));
    if (!first && fresh.length > 0) {
      announcer.textContent = fresh[0].dataset.announce;
      fresh.forEach((row) => {
        row.classList.add("fresh");
        setTimeout(() => row.classList.remove("fresh"), 10000);
      });
    }
    first = false;
  }

  // ---- keys ---------------------------------------------------------------------------------
  const links = () => [...rows.querySelectorAll("a.open")];
  const currentRow = () => document.activeElement.closest("tr.row");
  const step = (by) => {
    const all = links();
    if (all.length === 0) return;
    const at = all.findIndex((link) => link.closest("tr") === currentRow());
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
    const link = all[Math.min(Math.max(next, 0), all.length - 1)];
    link.focus();
    link.closest("tr").scrollIntoView({ block: "nearest" });
  };
  const press = (key) => currentRow()?.querySelector(`button[data-key="${key}"]`)?.click();

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    a: () => press("a"),
    c: () => press("c"),
    p: () => press("p"),
    r: () => press("r"),
    s: () => press("s"),
    "?": () => help.showModal(),
  };
  // Any key shows that somebody is there: what is offered to them has been seen. A claim says more.
  const noteHuman = (key) => {
    if (["a", "c", "Shift", "Control", "Alt", "AltGraph", "Meta"].includes(key)) return;
    const button = 'button[data-key="a"]';
    (currentRow()?.querySelector(button) ?? rows.querySelector(button))?.click();
  };
  document.addEventListener("keydown", (event) => {
    noteHuman(event.key);
    const typing = event.target.closest("input, textarea, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.getElementById("show-help").addEventListener("click", () => help.showModal());

  noteUpdate();
})();
