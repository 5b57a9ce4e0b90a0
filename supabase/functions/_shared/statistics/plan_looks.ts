/**
 * Returns the numbers of images after which a race may stop models, in a report of `images` images:
 * 8, and then each 1.4 times the last. The looks share one probability of error, so each further look
 * makes the others less powerful, and soon after the last one there is little new to see.
 */
export function planLooks(images: number): number[] {
  const looks: number[] = [];
  for (let look = FIRST_LOOK; look < images; look = Math.round(look * LOOK_GROWTH)) {
    looks.push(look);
  }
  return looks;
}

const FIRST_LOOK = 8;
const LOOK_GROWTH = 1.4;
