// Shows and sounds what is offered to a reader, and tells the platform that it has: else it calls.
"use strict";

(() => {
  const reach = document.getElementById("reach");
  const token = document.querySelector('meta[name="csrf-token"]');
  const againMs = 3000;
  const everyMs = 10000;
  const muteWaitsMs = 1500;
  const restMs = 500;
  const told = new Set();
  const heard = new Set();
  let asking = false;
  let again = false;

  // ---- sound on, page visible, telephone tested ---------------------------------------------
  const show = (name, isSo) => {
    reach.querySelector(`[data-sign="${name}"]`).dataset.so = isSo ? "yes" : "no";
  };
  const sounds = () => document.getElementById("sound").getAttribute("aria-pressed") === "true";
  const showPage = () => show("page", document.visibilityState === "visible");

  // ---- shown, and sounded -------------------------------------------------------------------
  const confirm = async (notification) => {
    const id = notification.notification_id;
    if (notification.rings && !heard.has(id) && (await globalThis.astreinteBeep())) heard.add(id);
    const answer = await fetch(`/api/v1/notifications/${id}/shown`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": token.content },
      body: JSON.stringify({ sounded: heard.has(id) }),
    });
    // An answer that nobody reads to its end keeps its connection.
    await answer.text();
    if (!answer.ok) throw new Error(`not kept: ${answer.status}`);
  };

  // One page of several sounds: it keeps the lock for as long as it is open. One that is mute lets
  // those go first that are not.
  const tell = async (notification) => {
    const id = notification.notification_id;
    told.add(id);
    if (!sounds()) await new Promise((settle) => { setTimeout(settle, muteWaitsMs); });
    const run = async (lock) => {
      if (lock === null) return null;
      await confirm(notification);
      return lock;
    };
    if (!navigator.locks) return run(undefined);
    return new Promise((settle, fail) => {
      navigator.locks.request(`astreinte-tells-${id}`, { ifAvailable: true }, async (lock) => {
        const kept = await run(lock);
        settle();
        if (kept) await new Promise(() => {});
      }).catch(fail);
    });
  };
  const tellOrForget = async (notification) => {
    try {
      await tell(notification);
    } catch {
      // What was not kept is said again.
      told.delete(notification.notification_id);
      setTimeout(look, againMs);
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
      const answer = await fetch("/api/v1/notifications");
      if (!answer.ok) return;
      const said = await answer.json();
      show("telephone", said.telephone_tested_at !== null);
      said.notifications
        .filter((each) => !told.has(each.notification_id))
        .forEach(tellOrForget);
    } catch {
      // The platform does not answer: the page says so by itself, and this is tried again.
      setTimeout(look, againMs);
    } finally {
      // Of cases that come one upon the other the first is told at once, and the next together. The
      // timers of a hidden page hardly run.
      if (document.visibilityState === "visible") {
        await new Promise((settle) => { setTimeout(settle, restMs); });
      }
      asking = false;
      if (again) look();
    }
  };

  document.addEventListener("visibilitychange", () => {
    showPage();
    look();
  });
  // The news of the stream come to a hidden page too, whose timers hardly run.
  ["htmx:sseMessage", "htmx:sseOpen", "own-row-changed", "handover-changed"].forEach((name) => {
    document.body.addEventListener(name, look);
  });
  showPage();
  look();
  setInterval(look, everyMs);
})();
