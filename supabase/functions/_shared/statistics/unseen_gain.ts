/** Points that a model may be ahead by, on average, on images of an unseen kind. */
const GAIN = 70;

/** Kinds of images that a decision allows for although none of the images read is of such a kind. */
interface UnseenKinds {
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
 * Returns the number of points that a model may be behind on all of `images` and still be the better
 * one, because the other model fails on rare images of which there are none among these.
 *
 * A kind with the share p of all images is missed by n images with the probability (1−p)^n. The
 * largest such p is about 3/n at 5 % (the rule of three: Hanley and Lippman-Hand, "If nothing goes
 * wrong, is everything all right?", JAMA 249, 1983). On images of that kind the model gains 70
 * points, which makes up for 70·p/(1−p) points on the others. With the limits of a verdict this is
 * 11.7 points up to 19 images and 4.3 points with 50.
 *
 * A test of the differences alone cannot account for this. If one image in ten is of a rare kind, 12
 * images lack it in 28 of 100 reports. A model that is truly the best but always one field of twelve
 * behind was then called significantly worse. The limit on the share keeps tests of few images able
 * to find differences: without it, two models had to be 20 points apart on 12 images.
 */
export function unseenGain(images: number, { share, chance }: UnseenKinds): number {
  const missed = Math.min(share, 1 - chance ** (1 / images));
  return GAIN * missed / (1 - missed);
}

/**
 * Returns the probability that `images` lack a kind so frequent that it makes up for being `points`
 * behind on them; 0 if it would have to be more frequent than `share`. It is below `chance` exactly
 * if `points` is more than {@link unseenGain}.
 */
export function chanceUnseen(images: number, points: number, { share }: UnseenKinds): number {
  const missed = points / (GAIN + points);
  return missed > share ? 0 : (1 - missed) ** images;
}
