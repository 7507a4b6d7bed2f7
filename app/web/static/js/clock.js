// Clocks: the server writes instants, the browser counts from them, by the server's own clock.
"use strict";

globalThis.astreinteClock = (root, place) => {
  let serverAheadMs = 0;

  const duration = (ms) => {
    const s = Math.floor(ms / 1000);
    const [d, h, min] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
    if (d > 0) return `${d} ${root.dataset.wordDays} ${h} h`;
    if (h > 0) return `${h} h ${String(min).padStart(2, "0")}`;
    return min > 0 ? `${min} min` : `${s} s`;
  };

  // Minutes change once a minute: what says the same is not written, or all rows are laid out anew.
  const write = (time, words, urgency) => {
    if (time.textContent !== words) time.textContent = words;
    if (urgency !== undefined && time.dataset.urgency !== urgency) time.dataset.urgency = urgency;
  };
  const count = (time) => {
    const now = Date.now() + serverAheadMs;
    const leftMs = Date.parse(time.dateTime) - now;
    if (time.dataset.count === "age") {
      write(time, duration(Math.max(0, -leftMs)));
      return;
    }
    const words = leftMs <= 0 ? root.dataset.wordLate : root.dataset.wordLeft;
    // When a read must begin to be in time is the server's to say: escalation counts by the same.
    const slackMs = Date.parse(time.dataset.slackEnds) - now;
    const urgency = leftMs <= 0 ? "late" : slackMs <= 0 ? "soon" : "";
    write(time, words.replace("{}", duration(Math.abs(leftMs))), urgency);
  };
  // A part that is not shown yet says what it will say at once.
  const countAll = (part = root) => part.querySelectorAll("time[data-count]").forEach(count);

  // Takes the instant of the server that a part of the page was made at.
  const set = () => {
    const at = Date.parse(document.getElementById(place).dataset.at);
    serverAheadMs = at - Date.now();
    countAll();
    return at;
  };
  setInterval(() => countAll(), 1000);
  return { set, count: countAll };
};
