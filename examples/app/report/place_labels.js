/** @typedef {{ left: number, right: number, top: number, bottom: number }} Box */

const HEIGHT = 15;
const GAP = 11;
const RADIUS = 6;

/** @typedef {{ textAnchor: "start" | "middle" | "end", dx: number, dy: number }} Stand */

/**
 * Positions of a label relative to its dot, the best first: a text anchor and an offset in pixels.
 *
 * @type {Stand[]}
 */
const STANDS = [
  { textAnchor: "start", dx: GAP, dy: 0 },
  { textAnchor: "end", dx: -GAP, dy: 0 },
  { textAnchor: "middle", dx: 0, dy: -GAP - 3 },
  { textAnchor: "middle", dx: 0, dy: GAP + 3 },
  { textAnchor: "start", dx: GAP, dy: -HEIGHT },
  { textAnchor: "start", dx: GAP, dy: HEIGHT },
  { textAnchor: "end", dx: -GAP, dy: -HEIGHT },
  { textAnchor: "end", dx: -GAP, dy: HEIGHT },
  { textAnchor: "middle", dx: 0, dy: -2 * HEIGHT },
  { textAnchor: "middle", dx: 0, dy: 2 * HEIGHT },
];

/** Share of a label's width to the left of its anchor. */
const ANCHORS = { start: 0, middle: 0.5, end: 1 };

/** Weight of covering a dot, relative to covering another label. */
const DOT_WEIGHT = 8;

/**
 * Places each label so that it covers no dot and no other label, as far as there is room.
 *
 * @param {{ x: number, y: number, width: number }[]} dots in pixels, with the widths of their labels
 * @param {{ left: number, right: number }} bounds
 * @returns {Stand[]}
 */
export function placeLabels(dots, bounds) {
  /** @type {Box[]} */
  const labels = [];
  const marks = dots.map(markOf);
  return dots.map((dot) => {
    const options = STANDS.map((stand) => {
      const box = boxOf(dot, stand);
      const outside = Math.max(0, bounds.left - box.left) + Math.max(0, box.right - bounds.right);
      const covered = (/** @type {Box[]} */ others) =>
        others.reduce((sum, other) => sum + overlap(box, other), 0);
      const ownMark = overlap(box, markOf(dot));
      const cost = covered(labels) + DOT_WEIGHT * (covered(marks) - ownMark) + outside * HEIGHT;
      return { stand, box, cost };
    });
    const best = options.reduce((one, other) => other.cost < one.cost ? other : one);
    labels.push(best.box);
    return best.stand;
  });
}

/**
 * @param {{ x: number, y: number }} dot
 * @returns {Box}
 */
function markOf({ x, y }) {
  return { left: x - RADIUS, right: x + RADIUS, top: y - RADIUS, bottom: y + RADIUS };
}

/**
 * @param {{ x: number, y: number, width: number }} dot
 * @param {Stand} stand
 * @returns {Box}
 */
function boxOf({ x, y, width }, { textAnchor, dx, dy }) {
  const left = x + dx - width * ANCHORS[textAnchor];
  return { left, right: left + width, top: y + dy - HEIGHT / 2, bottom: y + dy + HEIGHT / 2 };
}

/**
 * @param {Box} one
 * @param {Box} other
 */
function overlap(one, other) {
  const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return Math.max(0, width) * Math.max(0, height);
}
