// The sound of a page: off until somebody turns it on in this browser.
"use strict";

(() => {
  const sound = document.getElementById("sound");
  let audio = null;

  // A browser lets a page sound only once somebody has clicked in it.
  globalThis.astreinteBeep = () => {
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
    sound.dataset.beeps = String(Number(sound.dataset.beeps ?? 0) + 1);
  };

  const set = (on) => sound.setAttribute("aria-pressed", String(on));
  set(localStorage.getItem("astreinte-sound") === "on");
  sound.addEventListener("click", () => {
    const on = sound.getAttribute("aria-pressed") !== "true";
    set(on);
    localStorage.setItem("astreinte-sound", on ? "on" : "off");
    globalThis.astreinteBeep();
  });
})();
