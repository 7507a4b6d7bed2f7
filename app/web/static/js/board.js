// The live board: freshness, countdowns, and keys from case to case.
"use strict";

(() => {
  const board = document.getElementById("board");
  const live = document.getElementById("board-live");
  const updated = document.getElementById("updated");
  const clock = globalThis.astreinteClock(board, "board-at");
  const wall = new Intl.DateTimeFormat(document.documentElement.lang, {
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
    timeZone: updated.dataset.zone,
  });

  const noteUpdate = () => {
    const at = clock.set();
    updated.dateTime = new Date(at).toISOString();
    updated.textContent = wall.format(at);
  };
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === live) noteUpdate();
  });

  const step = (by) => {
    const all = [...live.querySelectorAll("a.open")];
    if (all.length === 0) return;
    const row = document.activeElement.closest("tr.row");
    const at = all.findIndex((link) => link.closest("tr") === row);
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
    const link = all[Math.min(Math.max(next, 0), all.length - 1)];
    link.focus();
    link.closest("tr").scrollIntoView({ block: "nearest" });
  };
  const keys = { j: () => step(1), k: () => step(-1) };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  noteUpdate();
})();
