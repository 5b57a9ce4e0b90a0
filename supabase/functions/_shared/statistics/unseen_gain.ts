/** By how many points a model may be ahead, on average, on images of a kind that nobody has seen. */
const GAIN = 70;

/** Kinds of image that a decision allows for although none of the images read is of them. */
export interface UnseenKinds {
  /** Largest share of all images that such a kind makes up, 0 to 1. */
  readonly share: number;
  /** Chance, 0 to 1, of reading no image of a kind. Kinds with a smaller chance are ignored. */
  readonly chance: number;
}

/** Unseen kinds that a verdict of a report allows for. */
export const UNSEEN_BY_VERDICT: UnseenKinds = { share: 1 / 7, chance: 0.05 };

/**
 * Unseen kinds that a race allows for. The limits are wider than for a verdict because a race
 * decides after few images, several times and for good.
 */
export const UNSEEN_BY_RACE: UnseenKinds = { share: 1 / 5, chance: 0.03 };

/**
 * Returns how many points a model may be behind on all of `images` and still be the better one,
 * because of rare images on which the other fails and of which there are none among these.
 *
 * A kind that makes a share p of all images is missed by n of them with chance (1−p)^n; the largest
 * such p is about 3/n at 5 % (the rule of three: Hanley and Lippman-Hand, "If nothing goes wrong, is
 * everything all right?", JAMA 249, 1983). On these images the model gains 70 points, so p makes up
 * for 70·p/(1−p) points on the others: with a verdict's limits 11.7 points up to 19 images, 4.3 with
 * 50.
 *
 * No test of the differences alone knows this: 12 images are without one of the rare kind in 28 of
 * 100 reports if it is one in ten, and then a model that is always one field of twelve behind, and
 * truly the best, was called significantly worse. The limit on the share keeps tests of few images
 * able to find anything: without it two models had to be 20 points apart on 12 images.
 */
export function unseenGain(images: number, { share, chance }: UnseenKinds): number {
  const missed = Math.min(share, 1 - chance ** (1 / images));
  return GAIN * missed / (1 - missed);
}

/**
 * Returns the chance that `images` are without one of a kind so frequent that it makes up for being
 * `points` behind on them; 0 where it would have to be more frequent than `share` allows for. It is
 * below `chance` exactly where `points` are more than {@link unseenGain}.
 */
export function chanceUnseen(images: number, points: number, { share }: UnseenKinds): number {
  const missed = points / (GAIN + points);
  return missed > share ? 0 : (1 - missed) ** images;
}
