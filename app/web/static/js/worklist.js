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
  const showUpdated = (at) => {
    updated.dateTime = new Date(at).toISOString();
    updated.textContent = wall.format(at);
  };
  const noteUpdate = () => {
    showUpdated(clock.set());
    announceNew();
  };

  // ---- rows that changed --------------------------------------------------------------------
  // They come by themselves, and are put where they belong; a list that was asked for meanwhile may
  // be older than they are, so that they are put into it once more.
  const feed = document.getElementById("row-feed");
  const ask = () => htmx.trigger(document.body, "worklist-changed");
  const isOwn = (row) => row !== null && row.matches(".nominee, .reader");
  const meanwhile = new Map();
  let asked = 0;

  // Rows stand in the order of their places; what comes anew mostly belongs to the last ones.
  const findNext = (body, fresh) => {
    let [next, row] = [null, body.lastElementChild];
    while (row?.dataset.place > fresh.dataset.place) [next, row] = [row, row.previousElementSibling];
    return next;
  };
  const keepFocus = (row, change) => {
    const focused = row.contains(document.activeElement) ? document.activeElement.id : null;
    const next = row.nextElementSibling ?? row.previousElementSibling;
    change();
    if (focused === null) return;
    const kept = document.getElementById(focused) ?? row;
    (kept.isConnected ? kept : next)?.querySelector("a.open")?.focus();
    if (kept.isConnected && kept !== row) kept.focus();
  };
  // Only the buttons of a row are htmx's.
  const process = (cell) => {
    if (cell.querySelector("button")) htmx.process(cell);
  };
  // Cells that are the same are left alone: few of them change at once.
  const morph = (row, fresh) => {
    [...fresh.attributes].forEach(({ name, value }) => {
      if (row.getAttribute(name) !== value) row.setAttribute(name, value);
    });
    [...row.cells].forEach((cell, at) => {
      if (cell.isEqualNode(fresh.cells[at])) return;
      window.Idiomorph.morph(cell, fresh.cells[at]);
      process(cell);
    });
  };
  const put = (body, row, fresh) => {
    const isPlaced = row.parentNode === body && row.dataset.place === fresh.dataset.place;
    if (!isPlaced) body.insertBefore(row, findNext(body, fresh));
    morph(row, fresh);
  };
  // Shows the row of a case, or that it has none; tells whether it is or was of who looks.
  const show = (body, id, html) => {
    const row = document.getElementById(`case-${id}`);
    if (html === null) {
      if (row?.parentNode === body) keepFocus(row, () => row.remove());
      return isOwn(row);
    }
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const fresh = holder.content.querySelector("tr.row");
    if (row && Number(row.dataset.version) > Number(fresh.dataset.version)) return false;
    const wasOwn = isOwn(row) || isOwn(fresh);
    clock.count(fresh);
    if (row) {
      keepFocus(row, () => put(body, row, fresh));
    } else {
      body.insertBefore(fresh, findNext(body, fresh));
      [...fresh.cells].forEach(process);
    }
    return wasOwn;
  };
  const showAll = (changed) => {
    const body = document.getElementById("to-read");
    let own = false;
    for (const [id, html] of changed) {
      try {
        own = show(body, id, html) || own;
      } catch {
        // One row that cannot be put must not keep the others away.
        meanwhile.delete(id);
        setTimeout(ask, 1000);
      }
    }
    const nothing = document.getElementById("nothing-to-read");
    const count = body.rows.length - (nothing ? 1 : 0);
    document.getElementById("to-read-count").textContent = count;
    if (count > 0) nothing?.remove();
    announceNew();
    return own;
  };
  feed.addEventListener("htmx:sseBeforeMessage", (event) => {
    event.preventDefault();
    const { at, rows: said } = JSON.parse(event.detail.data);
    const changed = Object.entries(said);
    if (asked > 0) changed.forEach(([id, html]) => meanwhile.set(id, html));
    if (showAll(changed)) htmx.trigger(document.body, "own-row-changed");
    showUpdated(Date.parse(at));
    // The words for an empty list are the server's.
    if (!document.querySelector("#to-read tr")) ask();
  });
  const noteAnswer = (event) => {
    if (event.detail.elt !== rows) return;
    asked = Math.max(0, asked - 1);
    if (asked === 0) meanwhile.clear();
  };
  rows.addEventListener("htmx:beforeSend", (event) => {
    if (event.detail.elt === rows) asked += 1;
  });
  rows.addEventListener("htmx:afterRequest", noteAnswer);
  rows.addEventListener("htmx:onLoadError", noteAnswer);
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== rows) return;
    showAll([...meanwhile]);
    noteUpdate();
  });
  // A row that changed while a change of its own was under way is not what it should be, and a
  // button that went with its row tells nobody that it was done.
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    if (requestConfig?.verb === "get") return;
    if (elt.closest("[data-late]") || !elt.isConnected) ask();
  });

  // While the stream is lost, the list is asked for more often.
  const lost = document.getElementById("lost");
  setInterval(() => {
    if (!lost.hidden) ask();
  }, 20000);

  // ---- a new case for me --------------------------------------------------------------------
  const known = new Set();
  let first = true;

  function announceNew() {
    const toRead = [...document.getElementById("to-read").rows];
    const mine = toRead.filter((row) => row.dataset.forMe === "yes");
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
