"use strict";
// Plays the items of the page. Frames are cut from each clip's sheet; times are those that the item states.
(() => {
  const players = [...document.querySelectorAll(".player")];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const start = (player) => {
    const clips = [...player.querySelectorAll("canvas")].map((canvas) => ({
      canvas,
      sheet: document.getElementById(canvas.dataset.sheet),
      columns: Number(canvas.dataset.columns),
      times: canvas.dataset.times.split(",").map(Number),
      end: Number(canvas.dataset.end),
      drawn: -1,
    }));
    // The clip with most frames leads; the others loop beside it, each on its own clock.
    const lead = clips.reduce((a, b) => (b.times.length > a.times.length ? b : a));
    const begin = lead.times[0], length = Math.max(lead.end - begin, 0.001);
    const play = player.querySelector(".play"), slider = player.querySelector("input");
    const speed = player.querySelector("select"), now = player.querySelector(".now");
    const status = player.querySelector(".status"), cursors = player.querySelectorAll(".cursor");
    const axis = Number(player.dataset.end);
    let at = 0, playing = false, last = null, next = 0;
    const frame = (clip) => {
      const own = Math.max(clip.end - clip.times[0], 0.001);
      const t = clip.times[0] + (at % own) + 1e-6;
      let i = 0;
      while (i + 1 < clip.times.length && clip.times[i + 1] <= t) i += 1;
      return i;
    };
    const said = (i) => `frame ${i + 1} of ${lead.times.length}, shown at ${lead.times[i].toFixed(2)} s`;
    // Which of the spans hold the frame that is shown: the truth, and how many of the predictions of each origin.
    const rows = [...player.querySelectorAll(".tracks li[data-spans]")].map((row) => ({
      truth: row.classList.contains("true"),
      from: row.dataset.from,
      spans: row.dataset.spans.split(";").filter(Boolean).map((span) => span.split(",").map(Number)),
    }));
    const inside = (i) => {
      if (!rows.length) return "";
      const t = lead.times[i] + 1e-6, counts = new Map();
      let truly = false;
      for (const row of rows) {
        const holds = row.spans.some(([start, end]) => start <= t && t < end);
        if (row.truth) { truly = truly || holds; continue; }
        const [some, all] = counts.get(row.from) ?? [0, 0];
        counts.set(row.from, [some + Number(holds), all + 1]);
      }
      lead.canvas.classList.toggle("inside", truly);
      const said = [...counts].map(([from, [some, all]]) => `${some} of ${all} from ${from}`);
      return `; ${truly ? "in" : "outside"} the true span${said.length ? `; predicted by ${said.join(", ")}` : ""}`;
    };
    const draw = () => {
      for (const clip of clips) {
        const i = frame(clip), { width, height } = clip.canvas;
        if (i === clip.drawn || !clip.sheet.complete || !clip.sheet.naturalWidth) continue;
        clip.drawn = i;
        clip.canvas.getContext("2d").drawImage(clip.sheet, (i % clip.columns) * width,
          Math.floor(i / clip.columns) * height, width, height, 0, 0, width, height);
      }
      const i = frame(lead);
      slider.value = i;
      slider.setAttribute("aria-valuetext", said(i));
      now.textContent = said(i) + inside(i);
      const place = `${(Math.min((begin + at) / axis, 1) * 100).toFixed(3)}%`;
      for (const cursor of cursors) { cursor.setAttribute("x1", place); cursor.setAttribute("x2", place); }
      return i;
    };
    const tick = (time) => {
      if (!playing) return;
      // The first frame's time may lie before the press that started it: it only sets the clock.
      if (last !== null) at = (at + (Math.max(time - last, 0) / 1000) * Number(speed.value)) % length;
      last = time;
      draw();
      next = requestAnimationFrame(tick);
    };
    const set = (value) => {
      playing = value;
      play.textContent = value ? "Pause" : "Play";
      last = null;
      cancelAnimationFrame(next);
      if (value) next = requestAnimationFrame(tick);
    };
    const seek = (i) => {
      set(false);
      const n = lead.times.length;
      at = lead.times[((i % n) + n) % n] - begin;
      return draw();
    };
    const step = (by) => { status.textContent = said(seek(frame(lead) + by)); };
    play.addEventListener("click", () => { set(!playing); status.textContent = playing ? "playing" : `paused, ${said(frame(lead))}`; });
    player.querySelector(".back").addEventListener("click", () => step(-1));
    player.querySelector(".on").addEventListener("click", () => step(1));
    slider.addEventListener("input", () => seek(Number(slider.value)));
    player.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|SELECT)$/.test(event.target.tagName)) return;
      if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
        event.preventDefault();
        step(event.key === "ArrowLeft" ? -1 : 1);
      }
    });
    const order = player.querySelector(".order");
    if (order) order.addEventListener("click", () => {
      const list = player.querySelector(".films"), truly = order.getAttribute("aria-pressed") !== "true";
      const key = (li) => Number(truly ? li.dataset.rank : li.dataset.place);
      list.append(...[...list.children].sort((a, b) => key(a) - key(b)));
      order.setAttribute("aria-pressed", truly);
      status.textContent = truly ? "clips in their true order" : "clips as the item shows them";
    });
    for (const clip of clips) {
      // Small frames are not blown up further than can be looked at.
      clip.canvas.style.maxWidth = `min(40rem, ${clip.canvas.width * 2.5}px)`;
      clip.sheet.decode().then(draw, draw);
    }
    draw();
    player.querySelector(".controls").hidden = false;
    player.querySelector(".scrub").hidden = false;
    // One item plays by itself, where motion is welcome; of several, whichever is asked for.
    if (players.length === 1 && !calm.matches) set(true);
  };
  players.forEach(start);
})();
