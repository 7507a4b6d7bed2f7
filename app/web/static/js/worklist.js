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
    if (event.detail.target !== rows) return;
    meanwhile.forEach(apply);
    noteUpdate();
  });

  // ---- rows that changed --------------------------------------------------------------------
  // They come by themselves, and are put where they belong; a list that was asked for meanwhile may
  // be older than they are, so that they are put into it once more.
  const feed = document.getElementById("row-feed");
  let asked = 0;
  let meanwhile = [];

  const place = (body, fresh) => {
    const follows = (row) => row.dataset.place > fresh.dataset.place;
    return [...body.querySelectorAll("tr.row")].find((row) => row.id !== fresh.id && follows(row));
  };
  const show = (body, html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const fresh = holder.content.querySelector("tr.row");
    let row = document.getElementById(fresh.id);
    if (row && Number(row.dataset.version) > Number(fresh.dataset.version)) return;
    const isOwn = fresh.matches(".nominee, .reader");
    if (!row || row.dataset.place !== fresh.dataset.place || row.parentNode !== body) {
      const focused = row?.contains(document.activeElement) ? document.activeElement.id : "";
      row ??= document.createElement("tr");
      body.insertBefore(row, place(body, fresh) ?? null);
      if (focused) document.getElementById(focused)?.focus();
    }
    if (row.id) {
      window.Idiomorph.morph(row, fresh);
    } else {
      row.replaceWith(fresh);
      row = fresh;
    }
    htmx.process(document.getElementById(row.id));
    if (isOwn) htmx.trigger(document.body, "own-row-changed");
  };
  const apply = ({ at, rows: changed, gone }) => {
    const body = document.getElementById("to-read");
    changed.forEach((html) => show(body, html));
    gone.forEach((id) => body.querySelector(`#case-${id}`)?.remove());
    const count = body.querySelectorAll("tr.row").length;
    document.getElementById("to-read-count").textContent = count;
    if (count > 0) document.getElementById("nothing-to-read")?.remove();
    const stamp = document.getElementById("rows-at");
    if (Date.parse(stamp.dataset.at) < Date.parse(at)) stamp.dataset.at = at;
  };
  feed.addEventListener("htmx:sseBeforeMessage", (event) => {
    event.preventDefault();
    const message = JSON.parse(event.detail.data);
    if (asked > 0) meanwhile.push(message);
    apply(message);
    noteUpdate();
    // The words for an empty list are the server's.
    if (!document.querySelector("#to-read tr")) htmx.trigger(document.body, "worklist-changed");
  });
  rows.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt === rows) asked += 1;
  });
  rows.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt !== rows) return;
    asked -= 1;
    if (asked === 0) meanwhile = [];
  });

  // While the stream is lost, the list is asked for more often.
  const lost = document.getElementById("lost");
  setInterval(() => {
    if (!lost.hidden) htmx.trigger(document.body, "worklist-changed");
  }, 20000);

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
