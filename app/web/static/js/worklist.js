// The live worklist: freshness, keys, sound, and the warning when it is no longer live.
"use strict";

(() => {
  const list = document.getElementById("worklist");
  const rows = document.getElementById("rows");
  const lost = document.getElementById("lost");
  const updated = document.getElementById("updated");
  const sound = document.getElementById("sound");
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
  // Lost is what has no stream, and also what could not be fetched.
  const lack = { stream: false, rows: false };
  const note = (what, isLacking) => {
    lack[what] = isLacking;
    lost.hidden = !(lack.stream || lack.rows);
  };

  list.addEventListener("htmx:sseOpen", () => note("stream", false));
  list.addEventListener("htmx:sseError", () => note("stream", true));
  list.addEventListener("htmx:sseClose", (event) => {
    if (event.detail.type !== "message") return;
    note("stream", false);
    document.getElementById("ended").hidden = false;
  });
  rows.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt === rows) note("rows", !event.detail.successful);
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === rows) noteUpdate();
  });

  // ---- a new case for me --------------------------------------------------------------------
  const known = new Set();
  let first = true;
  let audio = null;

  const beep = () => {
    if (sound.getAttribute("aria-pressed") !== "true") return;
    audio ??= new AudioContext();
    audio.resume();
    [0, 0.25].forEach((delay) => {
      const [tone, level] = [audio.createOscillator(), audio.createGain()];
      const start = audio.currentTime + delay;
      tone.frequency.value = 880;
      level.gain.setValueAtTime(0.0001, start);
      level.gain.exponentialRampToValueAtTime(0.2, start + 0.02);
      level.gain.exponentialRampToValueAtTime(0.0001, start + 0.2);
      tone.connect(level).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.22);
    });
    list.dataset.beeps = String(Number(list.dataset.beeps ?? 0) + 1);
  };

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
      beep();
    }
    first = false;
  }

  const setSound = (on) => sound.setAttribute("aria-pressed", String(on));
  setSound(localStorage.getItem("astreinte-sound") === "on");
  sound.addEventListener("click", () => {
    const on = sound.getAttribute("aria-pressed") !== "true";
    setSound(on);
    localStorage.setItem("astreinte-sound", on ? "on" : "off");
    beep();
  });

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
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.getElementById("show-help").addEventListener("click", () => help.showModal());

  noteUpdate();
})();
