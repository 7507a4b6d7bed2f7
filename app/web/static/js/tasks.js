// What is to be done: a task that is new, or rings again, is marked, read aloud and sounds.
"use strict";

(() => {
  const strip = document.getElementById("tasks-strip");
  const announcer = document.getElementById("task-announcer");
  const shownMs = 10000;
  let rung = null;

  // How often each task has rung, by its id.
  const read = () => {
    const told = document.getElementById("tasks-told");
    if (!told) return null;
    return new Map(
      Object.entries(told.dataset)
        .filter(([name]) => /^task-?\d+$/.test(name))
        .map(([name, count]) => [name.replace(/\D/g, ""), Number(count)]),
    );
  };

  const mark = (ids) => {
    ids.forEach((id) => {
      const item = document.getElementById(`strip-${id}`);
      if (!item) return;
      item.classList.add("fresh");
      setTimeout(() => item.classList.remove("fresh"), shownMs);
    });
    const first = document.getElementById(`strip-${ids[0]}`) ?? strip.querySelector(".strip-count");
    announcer.textContent = first ? first.textContent.trim() : "";
    globalThis.astreinteBeep();
  };

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== strip) return;
    const now = read();
    if (!now) return;
    const ringing = [...now].filter(([id, count]) => rung && (rung.get(id) ?? 0) < count);
    rung = now;
    if (ringing.length > 0) mark(ringing.map(([id]) => id));
  });
})();
