// Shows and sounds what is offered to a reader, and tells the platform that it has: else it calls.
"use strict";

(() => {
  const reach = document.getElementById("reach");
  const token = document.querySelector('meta[name="csrf-token"]');
  const againMs = 3000;
  const everyMs = 10000;
  const muteWaitsMs = 1500;
  const restMs = 1000;
  const mostKept = 100;
  const longestMs = 5000;
  // Nobody is signed in here any more, or they read no longer.
  const ENDED = [401, 403];
  const told = new Set();
  const heard = new Set();
  let asking = false;
  let again = false;

  // The timers of a hidden page hardly run, those of a worker do. Each rest has one of its own: one
  // that could not be loaded ends no other.
  const wait = (ms) => new Promise((settle) => { setTimeout(settle, ms); });
  const waitHidden = (ms) => new Promise((settle) => {
    const timer = new Worker(reach.dataset.timer);
    timer.addEventListener("message", () => {
      timer.terminate();
      settle();
    });
    timer.postMessage(ms);
  });
  const rest = (ms) => (
    document.visibilityState === "visible" ? wait(ms) : Promise.any([wait(ms), waitHidden(ms)])
  );

  // ---- sound on, page visible, telephone tested ---------------------------------------------
  const show = (name, isSo) => {
    reach.querySelector(`[data-sign="${name}"]`).dataset.so = isSo ? "yes" : "no";
  };
  const sounds = () => document.getElementById("sound").getAttribute("aria-pressed") === "true";
  const showPage = () => show("page", document.visibilityState === "visible");

  // ---- shown, and sounded -------------------------------------------------------------------
  const keep = async (ids, sounded) => {
    const answer = await fetch("/api/v1/notifications/shown", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": token.content },
      body: JSON.stringify({ notification_ids: ids, sounded }),
      signal: AbortSignal.timeout(longestMs),
    });
    // An answer that nobody reads to its end keeps its connection.
    await answer.text();
    if (!answer.ok) throw new Error(`not kept: ${answer.status}`);
  };
  const keepAll = async (ids, sounded) => {
    for (let from = 0; from < ids.length; from += mostKept) {
      await keep(ids.slice(from, from + mostKept), sounded);
    }
  };
  // What comes together sounds once; what was heard before is no less so beside what was not.
  const confirm = async (notifications) => {
    const ids = notifications.map((each) => each.notification_id);
    const ringing = notifications.filter((each) => each.rings).map((each) => each.notification_id);
    if (ringing.some((id) => !heard.has(id)) && (await globalThis.astreinteBeep())) {
      ringing.forEach((id) => heard.add(id));
    }
    const unheard = ringing.filter((id) => !heard.has(id));
    await keepAll(ids.filter((id) => !unheard.includes(id)), ringing.length > unheard.length);
    await keepAll(unheard, false);
  };

  // One page of several tells: it keeps the lock for as long as it is open, or until it fails. Gives
  // what lets go of it, and nothing when another page has it; a page that cannot know tells.
  const lock = (id) => new Promise((settle) => {
    const free = () => {};
    if (!navigator.locks) return settle(free);
    const hold = (held) => (
      held ? new Promise((release) => { settle(release); }) : settle(null)
    );
    return navigator.locks.request(`astreinte-tells-${id}`, { ifAvailable: true }, hold)
      .catch(() => settle(free));
  });
  const tell = async (notifications) => {
    // One that is mute lets those go first that are not.
    if (!sounds()) await rest(muteWaitsMs);
    const locks = await Promise.all(notifications.map((each) => lock(each.notification_id)));
    const own = notifications.filter((_, at) => locks[at]);
    try {
      await confirm(own);
    } catch (error) {
      locks.forEach((release) => release?.());
      throw error;
    }
  };
  const tellOrForget = async (notifications) => {
    const ids = notifications.map((each) => each.notification_id);
    ids.forEach((id) => told.add(id));
    try {
      await tell(notifications);
    } catch {
      // What was not kept is said again.
      ids.forEach((id) => told.delete(id));
      rest(againMs).then(look);
    }
  };

  const look = async () => {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    again = false;
    try {
      // On a connection that is lost without a word nothing would be asked any more.
      const answer = await fetch("/api/v1/notifications", {
        signal: AbortSignal.timeout(longestMs),
      });
      if (ENDED.includes(answer.status)) return;
      if (!answer.ok) throw new Error(`not answered: ${answer.status}`);
      const said = await answer.json();
      show("telephone", said.telephone_tested_at !== null);
      const fresh = said.notifications.filter((each) => !told.has(each.notification_id));
      if (fresh.length > 0) tellOrForget(fresh);
    } catch {
      // The platform does not answer: the page says so by itself, and this is tried again.
      rest(againMs).then(look);
    } finally {
      // Of cases that come one upon the other the first is told at once, and the next together,
      // also to a hidden page, which hears of each by the stream.
      await rest(restMs);
      asking = false;
      if (again) look();
    }
  };

  document.addEventListener("visibilitychange", () => {
    showPage();
    look();
  });
  // The news of the stream come to a hidden page too.
  ["htmx:sseMessage", "htmx:sseOpen", "own-row-changed", "handover-changed"].forEach((name) => {
    document.body.addEventListener(name, look);
  });
  showPage();
  look();
  // The worker's script is taken while the platform is there.
  waitHidden(0);
  setInterval(look, everyMs);
})();
