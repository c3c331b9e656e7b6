// Covering a page works without this file, by typing. Here boxes are drawn over the picture;
// the field always says what is drawn, as documents.masking reads it: thousandths of the page.
(function () {
  "use strict";

  var root = document.getElementById("mask");
  var field = root && document.getElementById(root.getAttribute("data-field"));
  if (!field) {
    return;
  }
  var SVG = "http://www.w3.org/2000/svg";
  var TAP = 8; // pixels: whoever moves less has tapped
  var LEAST = 10; // thousandths: a stroke along a line of writing covers the line
  var STEP = 5; // thousandths an arrow key moves

  var surface = root.querySelector("svg");
  var chips = document.getElementById("mask-chips");
  var told = document.getElementById("mask-told");
  var draft = document.createElementNS(SVG, "rect");
  var most = Number(root.getAttribute("data-most"));
  var saved = read(root.getAttribute("data-saved")).boxes;
  var fixed = root.hasAttribute("data-fixed") ? saved.map(String) : [];

  var boxes = []; // [left, top, width, height]; never changed in place
  var unread = []; // what is typed and cannot be drawn stays for whoever typed it
  var chosen = -1;
  var past = []; // what undo goes back to
  var keyed = false; // a run of arrow keys is undone at once
  var start = null;

  function tool(name, act) {
    var button = document.getElementById("mask-" + name);
    button.addEventListener("click", act);
    return button;
  }
  var undoing = tool("undo", undo);
  var deleting = tool("delete", remove);
  var clearing = tool("clear", function () {
    change(saved, -1);
  });
  var adding = tool("add", add);

  // --- the field ----------------------------------------------------------------------------

  function read(text) {
    var found = { boxes: [], unread: [] };
    text.replace(/，/g, ",").split(/[;；\n]/).forEach(function (part) {
      var sides = part.replace(/\s/g, "").split(",");
      var box = sides.map(Number);
      if (!part.trim()) {
        return;
      }
      if (
        sides.length === 4 &&
        sides.every(function (side) { return /^\d{1,4}$/.test(side); }) &&
        box[2] && box[3] && box[0] + box[2] <= 1000 && box[1] + box[3] <= 1000
      ) {
        found.boxes.push(box);
      } else {
        found.unread.push(part.trim());
      }
    });
    return found;
  }

  function load() {
    var found = read(field.value);
    var others = found.boxes.filter(function (box) { return !isFixed(box); });
    boxes = (fixed.length ? saved : []).concat(others);
    unread = found.unread;
    chosen = -1;
    show();
  }

  function isFixed(box) {
    return fixed.indexOf(String(box)) >= 0;
  }

  function change(next, choice) {
    past.push({ boxes: boxes, chosen: chosen });
    keyed = false;
    boxes = next;
    chosen = choice;
    write();
  }

  function write() {
    field.value = boxes.map(String).concat(unread).join(";");
    show();
  }

  // --- what is seen -------------------------------------------------------------------------

  function place(rect, box) {
    ["x", "y", "width", "height"].forEach(function (name, side) {
      rect.setAttribute(name, box[side]);
    });
  }

  function show() {
    var rects = surface.querySelectorAll("rect");
    var now = boxes.map(String).join(";");
    Array.prototype.forEach.call(rects, function (rect) {
      surface.removeChild(rect);
    });
    boxes.forEach(function (box, index) {
      var rect = document.createElementNS(SVG, "rect");
      place(rect, box);
      rect.setAttribute("class", (isFixed(box) ? "fixed" : "") + (index === chosen ? " chosen" : ""));
      surface.appendChild(rect);
    });
    while (chips.children.length > boxes.length) {
      chips.removeChild(chips.lastChild);
    }
    while (chips.children.length < boxes.length) {
      chips.appendChild(chip(chips.children.length));
    }
    boxes.forEach(function (box, index) {
      var button = chips.children[index].firstChild;
      var name = root.getAttribute(isFixed(box) ? "data-fixed-name" : "data-name");
      button.setAttribute("aria-label", name.replace("#", index + 1));
      button.setAttribute("aria-pressed", String(index === chosen));
    });
    if (chosen >= 0) {
      chips.scrollLeft = chips.children[chosen].offsetLeft - chips.clientWidth / 2;
    }
    deleting.disabled = chosen < 0 || isFixed(boxes[chosen]);
    undoing.disabled = !past.length;
    clearing.disabled = now === saved.map(String).join(";");
    adding.disabled = boxes.length >= most;
    told.textContent =
      root.getAttribute("data-count").replace("#", boxes.length) +
      (clearing.disabled ? "" : root.getAttribute("data-unsaved")) +
      (adding.disabled ? root.getAttribute("data-full") : "");
  }

  function chip(index) {
    var item = document.createElement("li");
    var button = document.createElement("button");
    button.type = "button";
    button.className = "chip";
    button.textContent = index + 1;
    button.addEventListener("click", function () {
      choose(index);
    });
    item.appendChild(button);
    return item;
  }

  function choose(index) {
    chosen = index;
    keyed = false;
    show();
  }

  // --- the tools ----------------------------------------------------------------------------

  function undo() {
    var before = past.pop();
    if (before) {
      boxes = before.boxes;
      chosen = before.chosen;
      keyed = false;
      write();
    }
  }

  function remove() {
    var gone = chosen;
    var last = chips.contains(document.activeElement);
    if (gone < 0 || isFixed(boxes[gone])) {
      return;
    }
    change(boxes.filter(function (_box, index) { return index !== gone; }), -1);
    if (last) {
      (chips.children.length ? chips.lastChild.firstChild : adding).focus();
    }
  }

  function add() {
    // In the middle of what is seen of the page.
    var page = surface.getBoundingClientRect();
    var middle = (Math.max(page.top, 0) + Math.min(page.bottom, window.innerHeight)) / 2;
    var top = Math.round((1000 * (middle - page.top)) / page.height) - 20;
    change(boxes.concat([[400, Math.max(0, Math.min(960, top)), 200, 40]]), boxes.length);
    chips.lastChild.firstChild.focus();
  }

  function keep(value, least, greatest) {
    return Math.max(least, Math.min(greatest, value));
  }

  function nudge(across, down, sizing) {
    var box = boxes[chosen];
    var next = sizing
      ? [box[0], box[1], keep(box[2] + across, STEP, 1000 - box[0]), keep(box[3] + down, STEP, 1000 - box[1])]
      : [keep(box[0] + across, 0, 1000 - box[2]), keep(box[1] + down, 0, 1000 - box[3]), box[2], box[3]];
    var all = boxes.slice();
    all[chosen] = next;
    if (keyed) {
      boxes = all;
      write();
    } else {
      change(all, chosen);
      keyed = true;
    }
  }

  var ARROWS = { ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowDown: [0, 1] };
  root.addEventListener("keydown", function (event) {
    var way = ARROWS[event.key];
    var here = surface.parentNode === event.target || chips.contains(event.target);
    if (!here || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    if (event.key === "Escape" && start) {
      stop();
    } else if (chosen < 0 || isFixed(boxes[chosen])) {
      return;
    } else if (way) {
      nudge(way[0] * STEP, way[1] * STEP, event.shiftKey);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      remove();
    } else {
      return;
    }
    event.preventDefault();
  });

  // --- drawing ------------------------------------------------------------------------------

  function side(from, to, origin, length) {
    // Rounded outwards, thick enough, within the page: first thousandth and how many.
    var low = (1000 * (Math.min(from, to) - origin)) / length;
    var high = (1000 * (Math.max(from, to) - origin)) / length;
    var more = Math.max(0, LEAST - (high - low)) / 2;
    low = keep(Math.floor(low - more), 0, 1000 - LEAST);
    high = keep(Math.ceil(high + more), low + LEAST, 1000);
    return [low, high - low];
  }

  function boxTo(point) {
    var page = surface.getBoundingClientRect();
    var across = side(start.clientX, point.clientX, page.left, page.width);
    var down = side(start.clientY, point.clientY, page.top, page.height);
    return [across[0], down[0], across[1], down[1]];
  }

  function isTap(point) {
    var zoom = (window.visualViewport && window.visualViewport.scale) || 1;
    return (
      Math.abs(point.clientX - start.clientX) < TAP / zoom &&
      Math.abs(point.clientY - start.clientY) < TAP / zoom
    );
  }

  function begin(point) {
    start = { clientX: point.clientX, clientY: point.clientY };
  }

  function move(point) {
    if (isTap(point) || boxes.length >= most) {
      stopDrawing();
    } else {
      place(draft, boxTo(point));
      surface.appendChild(draft);
    }
  }

  function finish(point) {
    var drawn = boxTo(point);
    var tapped = isTap(point);
    stop();
    if (tapped) {
      choose(under(drawn[0] + drawn[2] / 2, drawn[1] + drawn[3] / 2));
    } else if (boxes.length < most) {
      change(boxes.concat([drawn]), boxes.length);
    }
  }

  function under(across, down) {
    for (var index = boxes.length - 1; index >= 0; index--) {
      var box = boxes[index];
      if (
        across >= box[0] && across <= box[0] + box[2] &&
        down >= box[1] && down <= box[1] + box[3]
      ) {
        return index;
      }
    }
    return -1;
  }

  function stopDrawing() {
    if (draft.parentNode) {
      surface.removeChild(draft);
    }
  }

  function stop() {
    start = null;
    stopDrawing();
  }

  var active = { passive: false };
  surface.addEventListener("touchstart", function (event) {
    if (event.touches.length === 1) {
      begin(event.touches[0]);
    } else {
      stop(); // two fingers move and zoom the page
    }
  }, active);
  surface.addEventListener("touchmove", function (event) {
    if (start && event.touches.length === 1) {
      event.preventDefault();
      move(event.touches[0]);
    }
  }, active);
  surface.addEventListener("touchend", function (event) {
    if (start) {
      if (event.cancelable) {
        event.preventDefault(); // no mouse comes after it
      }
      finish(event.changedTouches[0]);
    }
  }, active);
  surface.addEventListener("touchcancel", stop);

  surface.addEventListener("mousedown", function (event) {
    if (event.button === 0) {
      begin(event);
    }
  });
  document.addEventListener("mousemove", function (event) {
    if (start) {
      move(event);
    }
  });
  document.addEventListener("mouseup", function (event) {
    if (start) {
      finish(event);
    }
  });

  // --- begin --------------------------------------------------------------------------------

  draft.setAttribute("class", "chosen");
  surface.parentNode.setAttribute("tabindex", "0");
  document.getElementById("mask-how").hidden = false;
  document.getElementById("mask-tools").hidden = false;
  load();
  // What cannot be drawn, or was refused, must be seen to be put right.
  var typed = document.getElementById("mask-typed");
  typed.hidden = !unread.length && !typed.querySelector(".error");
  if (!unread.length) {
    write();
  }
  field.addEventListener("input", function () {
    past = [];
    load();
  });
})();
