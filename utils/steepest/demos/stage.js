// Draws what steepest.demos._stage says, and tells it what is done to the handles. Coordinates are those of the axes.
const FONT = "'DejaVu Sans', Verdana, Arial, sans-serif";
const STYLE = `
.steepest-stage { position: relative; max-width: 100%; background: white; color: black; overflow: hidden; }
.steepest-stage canvas { display: block; width: 100%; height: 100%; }
.steepest-handle { position: absolute; width: 32px; height: 32px; margin: -16px 0 0 -16px; border-radius: 50%;
  cursor: grab; touch-action: none; outline: none; }
.steepest-handle svg { position: absolute; left: 50%; top: 50%; overflow: visible; pointer-events: none; }
.steepest-handle:hover { background: #0072b226; }
.steepest-handle:focus-visible { box-shadow: 0 0 0 2px white, 0 0 0 4px #0072b2; }
.steepest-handle:active { cursor: grabbing; }
.steepest-handle[role=button] { cursor: pointer; width: 22px; height: 22px; margin: -11px 0 0 -11px; }
.steepest-handle[role=button].wide { border-radius: 3px; }
.steepest-tip { position: absolute; z-index: 1; max-width: 280px; padding: 3px 7px; border: 1px solid #555;
  border-radius: 3px; background: white; font: 12px/1.35 ${FONT}; white-space: pre-line; pointer-events: none; }`;
const TOUCH = 5, SMALL = 22; // dots: how near a pointer counts as on a link, and how large a button is at least
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const PRESSING = ["Enter", " "];
const FAR = 4000; // dots: a dashed line that is longer takes the browser seconds
const PATIENCE = 2000; // ms until a kernel that does not answer is asked again
const ACTS = ["keydown", "pointermove", "change"], PROD = 10, PRODS = 5; // ms

const bytes = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const share = (value, [low, high], log) =>
  log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
const place = (part, [low, high], log) => (log ? low * (high / low) ** part : low + part * (high - low));
const within = (part) => Math.min(Math.max(part, 0), 1);

/** The functions from a panel's coordinates to dots and back. */
function scales({ box: [left, top, width, height], x, y, log }) {
  return {
    across: (value) => left + width * share(value, x, log[0]),
    down: (value) => top + height * (1 - share(value, y, log[1])),
    back: (px, py) => [place(within((px - left) / width), x, log[0]), place(within(1 - (py - top) / height), y, log[1])],
    holds: (px, py) => px >= left && px <= left + width && py >= top && py <= top + height,
  };
}

/** The part of a line between two points that lies near the picture, or null. */
function near(x0, y0, x1, y1) {
  let from = 0, to = 1;
  for (const [start, move] of [[x0, x1 - x0], [y0, y1 - y0]]) {
    if (move === 0) { if (Math.abs(start) > FAR) return null; continue; }
    const ends = [(-FAR - start) / move, (FAR - start) / move];
    from = Math.max(from, Math.min(...ends));
    to = Math.min(to, Math.max(...ends));
  }
  const at = (part) => [x0 + part * (x1 - x0), y0 + part * (y1 - y0)];
  return from > to ? null : [at(from), at(to)];
}

const outlines = new Map();
const outline = (path) => outlines.get(path) ?? outlines.set(path, new Path2D(path)).get(path);

const KINDS = {
  line(ctx, { look }, points) {
    ctx.strokeStyle = look.stroke;
    ctx.lineWidth = look.width;
    ctx.lineJoin = "round";
    ctx.setLineDash(look.dash);
    ctx.beginPath();
    let last = null;
    for (let i = 0; i + 3 < points.length; i += 2) {
      const [x0, y0, x1, y1] = points.subarray(i, i + 4);
      const piece = Number.isFinite(x0 + y0 + x1 + y1) ? near(x0, y0, x1, y1) : null;
      if (!piece) { last = null; continue; }
      if (!last || last[0] !== piece[0][0] || last[1] !== piece[0][1]) ctx.moveTo(...piece[0]);
      ctx.lineTo(...(last = piece[1]));
    }
    ctx.stroke();
    ctx.setLineDash([]);
  },
  dots(ctx, { look }, points) {
    const path = outline(look.outline), transform = ctx.getTransform();
    Object.assign(ctx, { fillStyle: look.fill, strokeStyle: look.stroke, lineWidth: look.width / look.size });
    for (let i = 0; i < points.length; i += 2) {
      if (!(Math.abs(points[i]) < FAR && Math.abs(points[i + 1]) < FAR)) continue;
      ctx.translate(points[i], points[i + 1]);
      ctx.scale(look.size, look.size);
      ctx.fill(path);
      if (look.width) ctx.stroke(path);
      ctx.setTransform(transform);
    }
  },
  text(ctx, { said, fill, size, ha, va }, [x, y]) {
    ctx.fillStyle = fill;
    ctx.font = `${size}px ${FONT}`;
    ctx.textAlign = ha;
    ctx.textBaseline = { center: "middle", baseline: "alphabetic" }[va] ?? va;
    const lines = said.split("\n"), step = 1.2 * size;
    const first = { top: 0, center: (1 - lines.length) / 2 }[va] ?? 1 - lines.length;
    lines.forEach((line, number) => ctx.fillText(line, x, y + (first + number) * step));
  },
  bars(ctx, { fill }, ends) {
    ctx.fillStyle = fill;
    for (let i = 0; i < ends.length; i += 4) {
      const [x0, y0, x1, y1] = ends.subarray(i, i + 4).map((dot) => Math.min(Math.max(dot, -FAR), FAR));
      ctx.fillRect(x0, y0, x1 - x0, y1 - y0);
    }
  },
  area(ctx, { fill }, points) {
    ctx.fillStyle = fill;
    ctx.beginPath();
    for (let i = 0; i < points.length; i += 2) ctx.lineTo(points[i], Math.min(Math.max(points[i + 1], -FAR), FAR));
    ctx.fill();
  },
  arrows(ctx, { fill, width }, ends) {
    Object.assign(ctx, { strokeStyle: fill, fillStyle: fill, lineWidth: width });
    for (let i = 0; i < ends.length; i += 4) {
      const piece = near(...ends.subarray(i, i + 4));
      if (!piece) continue;
      const [[x0, y0], [x1, y1]] = piece, length = Math.hypot(x1 - x0, y1 - y0);
      if (!length) continue;
      const head = Math.min(4 * width, length), [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
      const [bx, by] = [x1 - head * ux, y1 - head * uy];
      ctx.beginPath(); ctx.moveTo(x0, y0); ctx.lineTo(bx, by); ctx.stroke();
      ctx.beginPath(); ctx.moveTo(x1, y1);
      ctx.lineTo(bx - 0.45 * head * uy, by + 0.45 * head * ux);
      ctx.lineTo(bx + 0.45 * head * uy, by - 0.45 * head * ux);
      ctx.fill();
    }
  },
  links(ctx, { looks, limit }, ends, raw) {
    const count = raw.length / 5;
    for (let i = 0; i < count; i++) {
      const value = raw[4 * count + i], look = looks[value < 0 ? 1 : 0];
      const width = look.width * Math.min(Math.abs(value) / limit, 1);
      if (!(width > 0.1)) continue; // nobody would see it
      Object.assign(ctx, { strokeStyle: look.stroke, lineWidth: width });
      ctx.setLineDash(look.dash.map((dot) => dot / 2));
      ctx.beginPath();
      ctx.moveTo(ends[4 * i], ends[4 * i + 1]);
      ctx.lineTo(ends[4 * i + 2], ends[4 * i + 3]);
      ctx.stroke();
    }
    ctx.setLineDash([]);
  },
  map(ctx, { image, smooth }, [x0, y0, x1, y1]) {
    ctx.imageSmoothingEnabled = smooth;
    ctx.save();
    ctx.translate(x0, y0);
    ctx.scale(Math.sign(x1 - x0), Math.sign(y1 - y0)); // rows come from below
    ctx.drawImage(image, 0, 0, Math.abs(x1 - x0), Math.abs(y1 - y0));
    ctx.restore();
    ctx.imageSmoothingEnabled = true;
  },
};

/** How far a point is from a line that ends. */
function away(px, py, x0, y0, x1, y1) {
  const part = within(((px - x0) * (x1 - x0) + (py - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2 || 1));
  return Math.hypot(px - x0 - part * (x1 - x0), py - y0 - part * (y1 - y0));
}

/** Numbers in the axes' coordinates as dots. */
function dots(values, { shares }, { across, down }, { box: [left, top, width, height] }) {
  return values.map((value, i) => {
    if (shares) return i % 2 ? top + height * (1 - value) : left + width * value;
    return i % 2 ? down(value) : across(value);
  });
}

function picture(view, rows, columns) {
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(bytes(view)), columns, rows), 0, 0);
  return canvas;
}

function render({ model, el }) {
  const [width, height] = model.get("size");
  const stage = document.createElement("div"), canvas = document.createElement("canvas");
  const style = document.createElement("style");
  style.textContent = STYLE;
  stage.className = "steepest-stage";
  Object.assign(stage.style, { width: `${width}px`, aspectRatio: `${width} / ${height}` });
  canvas.setAttribute("role", "img");
  stage.append(canvas);
  el.append(style, stage);
  const ctx = canvas.getContext("2d"), handles = new Map(), kept = new Map();
  const tip = document.createElement("div");
  tip.className = "steepest-tip";
  tip.hidden = true;
  stage.append(tip);
  let behind = null, shown = null, waiting = false, scale = 1, links = [], pointer = null;

  // Painting: at most once a frame of the screen, and only when the picture behind has been unpacked.
  const paint = () => {
    waiting = false;
    if (!behind || !stage.clientWidth) return;
    scale = stage.clientWidth / width;
    const sharp = scale * Math.max(window.devicePixelRatio, 1);
    const size = [Math.round(width * sharp), Math.round(height * sharp)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    ctx.setTransform(sharp, 0, 0, sharp, 0, 0);
    ctx.imageSmoothingQuality = "high";
    ctx.drawImage(behind, 0, 0, width, height);
    const panels = model.get("panels"), maps = model.get("maps"), found = panels.map(scales);
    const raw = model.get("numbers"), data = new Float32Array(bytes(raw).slice().buffer);
    let start = 0;
    links = [];
    for (const mark of model.get("marks")) {
      const panel = panels[mark.panel], values = data.subarray(start, (start += mark.n));
      ctx.save();
      if (mark.clip) { ctx.beginPath(); ctx.rect(...panel.box); ctx.clip(); }
      let look = mark;
      if (mark.kind === "map") {
        const view = maps[mark.map], old = kept.get(mark.map);
        if (!view) { ctx.restore(); continue; } // a kernel of several threads may be at the next picture already
        if (old?.view !== view) kept.set(mark.map, { view, image: picture(view, mark.rows, mark.columns) });
        look = { ...kept.get(mark.map), smooth: mark.smooth };
      }
      const places = dots(values, mark, found[mark.panel], panel);
      KINDS[mark.kind](ctx, look, places, values);
      if (mark.kind === "links") links.push({ ends: places, values, names: model.get("names")[mark.names] ?? [] });
      ctx.restore();
    }
    place_handles(panels, found);
    stops();
    hint();
    canvas.setAttribute("aria-label", model.get("told"));
    stage.dispatchEvent(new CustomEvent("steepest-shown", { bubbles: true }));
  };
  const soon = () => { if (!waiting) { waiting = true; requestAnimationFrame(paint); } };
  const changed = async () => {
    const file = model.get("behind");
    if (file !== shown && file?.byteLength) {
      shown = file;
      const image = await createImageBitmap(new Blob([bytes(file)], { type: "image/png" }));
      if (shown !== file) return;
      behind = image;
    }
    soon();
  };

  // Handles: what is done while the kernel is at work is put together and told when it has answered.
  let count = 0, sent = 0, next = null, dragged = null;
  const tell = () => {
    if (!next || (sent && performance.now() - sent < PATIENCE)) return;
    sent = performance.now();
    model.send({ ...next, n: ++count });
    next = null;
  };
  const done = (id, what) => {
    const again = next?.id === id && next.key && what.key;
    next = again ? { id, key: [next.key[0] + what.key[0], next.key[1] + what.key[1]] } : { id, ...what };
    tell();
  };
  const answered = () => { if (model.get("seen") >= count) { sent = 0; tell(); } };
  const put = (node, px, py) => Object.assign(node.style, { left: `${px * scale}px`, top: `${py * scale}px` });

  // What is told of a handle or a link: beneath the pointer, else where the keyboard is.
  const said_at = (px, py) => {
    let best = null, least = TOUCH;
    for (const { ends, values, names } of links)
      names.forEach((name, i) => {
        const far = away(px, py, ...ends.subarray(4 * i, 4 * i + 4));
        if (far < least) { least = far; best = [name, values[4 * names.length + i]]; }
      });
    return best && `${best[0]} ${Number(best[1].toPrecision(3))}`.replace(" -", " \u2212");
  };
  function hint() {
    const focus = [...handles.values()].find(({ node }) => node.matches(":focus-visible"));
    const under = pointer && [...handles.values()].find(({ node }) => node === pointer.node);
    const known = under ?? (pointer ? null : focus);
    let said = known && known.record.told && `${known.record.name}\n${known.record.told}`, at = pointer;
    if (known && !pointer) at = { x: known.scales.across(known.record.x), y: known.scales.down(known.record.y) + 14 };
    if (!known && pointer) said = said_at(pointer.x, pointer.y);
    tip.hidden = !said || Boolean(dragged);
    if (tip.hidden) return;
    if (tip.textContent !== said) tip.textContent = said;
    const left = Math.min(at.x * scale + 12, stage.clientWidth - tip.offsetWidth - 4);
    const below = at.y * scale + 14, above = at.y * scale - tip.offsetHeight - 10;
    tip.style.left = `${Math.max(left, 0)}px`;
    tip.style.top = `${below + tip.offsetHeight > stage.clientHeight ? Math.max(above, 0) : below}px`;
  }
  stage.addEventListener("pointermove", ({ target, clientX, clientY, buttons }) => {
    const { left, top } = stage.getBoundingClientRect();
    pointer = { x: (clientX - left) / scale, y: (clientY - top) / scale, node: target.closest(".steepest-handle") };
    if (!buttons) hint();
  });
  stage.addEventListener("pointerleave", () => { pointer = null; hint(); });
  // Buttons of which something is told can be many: one stop of the tabulator, and arrows lead from one to another.
  let stop = null;
  const grouped = () => [...handles.values()].filter(({ record }) => record.pressed && record.told);
  const stops = () => {
    const group = grouped(), at = group.find(({ id }) => id === stop) ?? group[0];
    for (const known of group) known.node.tabIndex = known === at ? 0 : -1;
  };
  function onward(from, [right, up]) {
    const at = ({ record, scales }) => [scales.across(record.x), scales.down(record.y)], [x, y] = at(from);
    const ways = grouped().map((known) => {
      const [px, py] = at(known), along = (px - x) * right - (py - y) * up;
      return { known, far: along > 1 ? along + 3 * Math.abs((px - x) * up + (py - y) * right) : Infinity };
    });
    const best = ways.reduce((one, other) => (other.far < one.far ? other : one));
    if (best.far < Infinity) best.known.node.focus();
  }
  stage.addEventListener("focusin", ({ target }) => {
    stop = grouped().find(({ node }) => node === target)?.id ?? stop;
    stops();
  });
  for (const kind of ["focusin", "focusout"]) stage.addEventListener(kind, () => setTimeout(hint));

  function place_handles(panels, found) {
    const records = model.get("handles");
    for (const [id, { node }] of handles)
      if (!records.some((record) => record.id === id)) { node.remove(); handles.delete(id); }
    for (const record of records) {
      const known = handles.get(record.id) ?? made(record.id);
      const { node, mark } = known, { look, x, y } = record, [mx, my] = record.moves;
      Object.assign(known, { record, scales: found[record.panel] });
      node.setAttribute("role", record.pressed ? "button" : "slider");
      node.setAttribute("aria-label", record.name);
      node.title = record.told ? "" : record.name;
      node.setAttribute("aria-description", record.told);
      if (record.pressed && look.size * scale > SMALL) {
        const side = look.size * scale;
        node.classList.add("wide");
        const margin = `${-side / 2}px 0 0 ${-side / 2}px`;
        Object.assign(node.style, { width: `${side}px`, height: `${side}px`, margin });
      }
      if (!record.pressed) {
        const told = [...(mx ? [x] : []), ...(my ? [y] : [])].map((value) => Number(value.toPrecision(3)));
        node.setAttribute("aria-valuenow", told[0]);
        node.setAttribute("aria-valuetext", told.join(", "));
        node.setAttribute("aria-orientation", mx ? "horizontal" : "vertical");
        node.style.cursor = mx && my ? "" : mx ? "ew-resize" : "ns-resize";
      }
      const shape = { d: look.outline, fill: look.fill, stroke: look.stroke, "stroke-width": look.width / look.size };
      for (const [name, value] of Object.entries(shape)) mark.setAttribute(name, value);
      mark.setAttribute("transform", `scale(${look.size * scale})`);
      if (dragged !== known) put(node, known.scales.across(x), known.scales.down(y));
    }
  }

  function made(id) {
    const node = document.createElement("div"), known = { id, node };
    node.className = "steepest-handle";
    node.tabIndex = 0;
    node.innerHTML = '<svg width="1" height="1"><path/></svg>';
    known.mark = node.querySelector("path");
    node.addEventListener("keydown", (event) => {
      const { moves, pressed } = known.record, arrow = ARROWS[event.key];
      const takes = pressed ? (arrow ? known.record.told : PRESSING.includes(event.key)) : arrow;
      if (!takes) return;
      event.preventDefault();
      event.stopPropagation();
      if (pressed && arrow) { onward(known, arrow); return; }
      if (pressed) { done(id, { press: true }); return; }
      const steps = (arrow[0] + arrow[1]) * (event.shiftKey ? 10 : 1); // as on any slider, right and up are more
      const both = moves[0] && moves[1];
      done(id, { key: moves.map((does, axis) => (does && (!both || arrow[axis]) ? steps : 0)) });
    });
    stage.append(node);
    handles.set(id, known);
    return known;
  }

  const drag = (event) => {
    const { left, top } = stage.getBoundingClientRect(), { record, scales: at, node } = dragged;
    const [x, y] = at.back((event.clientX - left) / scale, (event.clientY - top) / scale);
    const to = [record.moves[0] ? x : record.x, record.moves[1] ? y : record.y];
    put(node, at.across(to[0]), at.down(to[1]));
    done(dragged.id, { at: to });
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const node = event.target.closest(".steepest-handle");
    let known = [...handles.values()].find((one) => one.node === node);
    if (known?.record.pressed) { known.node.focus(); done(known.id, { press: true }); return; }
    if (!known && event.pointerType !== "touch") { // the only handle of a panel comes to where it is pressed
      const { left, top } = stage.getBoundingClientRect();
      const inside = [...handles.values()].filter((one) => !one.record.pressed
        && one.scales.holds((event.clientX - left) / scale, (event.clientY - top) / scale));
      if (inside.length === 1) [known] = inside;
    }
    if (!known) return;
    event.preventDefault();
    dragged = known;
    known.node.focus({ focusVisible: false });
    stage.setPointerCapture(event.pointerId);
    if (known.node !== node) drag(event);
  });
  stage.addEventListener("pointermove", (event) => { if (dragged) drag(event); });
  for (const end of ["pointerup", "pointercancel"])
    stage.addEventListener(end, () => { if (dragged) { dragged = null; soon(); } });

  // A server holds back what it has to say until the browser has acknowledged what came before, and a browser puts that
  // off for 40 ms unless it has something to say itself. So it says something, until the picture has come.
  let prods = 0, prodding = 0;
  const rest = () => { clearInterval(prodding); prodding = 0; };
  const prod = () => {
    prods = 0;
    prodding ||= setInterval(() => { if (prods++ < PRODS) model.send({}); else rest(); }, PROD);
  };
  const within_demo = (event) => (el.closest(".widget-vbox") ?? el).contains(event.target);
  const acted = (event) => { if ((event.type !== "pointermove" || event.buttons) && within_demo(event)) prod(); };
  for (const kind of ACTS) window.addEventListener(kind, acted, true);

  // Notebooks fold headings and move between cells by arrow keys, and open cells by Enter, wherever the focus is: not
  // within a demo.
  const mine = (event) => {
    const pressing = PRESSING.includes(event.key) && event.target.closest(".steepest-handle");
    if (!(event.key in ARROWS || pressing) || !within_demo(event)) return;
    event.target.setAttribute("data-lm-suppress-shortcuts", "true");
    setTimeout(() => event.target.removeAttribute("data-lm-suppress-shortcuts"));
  };
  window.addEventListener("keydown", mine, true);
  const watch = new ResizeObserver(soon);
  watch.observe(stage);
  model.on("change", changed);
  model.on("change:numbers", rest);
  model.on("change:seen", answered);
  changed();
  return () => {
    window.removeEventListener("keydown", mine, true);
    for (const kind of ACTS) window.removeEventListener(kind, acted, true);
    rest();
    watch.disconnect();
    model.off("change", changed);
    model.off("change:numbers", rest);
    model.off("change:seen", answered);
  };
}

export default { initialize: ({ model }) => { model.send({ alive: true, scale: window.devicePixelRatio }); }, render };
