/** Jobs that one worker has in flight and prefetched, by lane. */
export interface Lanes<Job> {
  /** Counts a job that starts. */
  begin(lane: string): void;
  /** Counts a job that has ended. */
  end(lane: string): void;
  /** Adds a prefetched job. It may start when another of its lane has ended here. */
  keep(lane: string, job: Job): void;
  /** Returns the prefetched job that is to start next in the lane, if there is one. */
  next(lane: string): Job | undefined;
  /** Removes that job, because it starts. */
  take(lane: string): void;
  /** Returns whether a second slot of the lane could become free without a job to fill it. */
  isShort(lane: string): boolean;
  /** Removes and returns all prefetched jobs that are meant. */
  withdraw(isMeant: (job: Job) => boolean): Job[];
}

/** Creates empty lanes. */
export function createLanes<Job>(): Lanes<Job> {
  const lanes = new Map<string, { active: number; prefetched: Job[] }>();
  const of = (lane: string) => {
    const known = lanes.get(lane);
    if (known !== undefined) return known;
    const fresh = { active: 0, prefetched: [] };
    lanes.set(lane, fresh);
    return fresh;
  };
  return {
    begin: (lane) => void of(lane).active++,
    end: (lane) => void of(lane).active--,
    keep: (lane, job) => void of(lane).prefetched.push(job),
    next: (lane) => lanes.get(lane)?.prefetched[0],
    take: (lane) => void of(lane).prefetched.shift(),
    isShort(lane) {
      const { active, prefetched } = of(lane);
      return prefetched.length === 0 && active > 1;
    },
    withdraw(isMeant) {
      const withdrawn: Job[] = [];
      for (const [lane, { active, prefetched }] of lanes) {
        const rest = prefetched.filter((job) => !isMeant(job));
        if (rest.length < prefetched.length) withdrawn.push(...prefetched.filter(isMeant));
        if (rest.length === 0 && active === 0) lanes.delete(lane);
        else lanes.set(lane, { active, prefetched: rest });
      }
      return withdrawn;
    },
  };
}
