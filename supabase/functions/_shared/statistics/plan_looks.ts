/**
 * After how many images models may be stopped, in a report of so many: after 8, and then whenever
 * there are two fifths more. Each look has its price, as all of them share one chance of error, and
 * soon after the last one little is new.
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
