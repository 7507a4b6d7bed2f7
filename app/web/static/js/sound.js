// The sound of a page: on once somebody has turned it on in this browser, and the browser lets it.
"use strict";

(() => {
  const sound = document.getElementById("sound");
  const stored = "astreinte-sound";
  const longestMs = 1000;
  let wanted = localStorage.getItem(stored) === "on";
  let audio = null;

  // What the button says is what is so: a browser keeps a page mute that was loaded again, until
  // somebody clicks in it or presses a key (autoplay policy of Web Audio).
  const show = () => {
    sound.setAttribute("aria-pressed", String(wanted && audio?.state === "running"));
  };

  const start = async () => {
    if (!audio) {
      audio = new AudioContext();
      audio.addEventListener("statechange", show);
    }
    if (audio.state === "running") return true;
    // A browser that does not let it sound never answers.
    const limit = new Promise((settle) => { setTimeout(settle, longestMs); });
    await Promise.race([audio.resume(), limit]);
    return audio.state === "running";
  };

  // Gives whether it sounds. Nothing is played that nobody could hear: it would come later, at once.
  globalThis.astreinteBeep = async () => {
    if (!wanted || !(await start())) return false;
    [0, 0.25].forEach((delay) => {
      const [tone, level] = [audio.createOscillator(), audio.createGain()];
      const begin = audio.currentTime + delay;
      tone.frequency.value = 880;
      level.gain.setValueAtTime(0.0001, begin);
      level.gain.exponentialRampToValueAtTime(0.2, begin + 0.02);
      level.gain.exponentialRampToValueAtTime(0.0001, begin + 0.2);
      tone.connect(level).connect(audio.destination);
      tone.start(begin);
      tone.stop(begin + 0.22);
    });
    sound.dataset.beeps = String(Number(sound.dataset.beeps ?? 0) + 1);
    return true;
  };

  sound.addEventListener("click", async () => {
    wanted = sound.getAttribute("aria-pressed") !== "true";
    localStorage.setItem(stored, wanted ? "on" : "off");
    await globalThis.astreinteBeep();
    show();
  });

  // Whatever somebody does in the page turns the sound on again that they had turned on before; the
  // button itself does so by its click.
  const wake = (event) => {
    if (wanted && audio?.state !== "running" && !sound.contains(event.target)) start();
  };
  document.addEventListener("pointerup", wake);
  document.addEventListener("keydown", wake);

  show();
  if (wanted) start();
})();
