/** What one worker has under way and on standby in each lane. */
export interface Lanes<Job> {
  begin(lane: string): void;
  end(lane: string): void;
  /** Adds a job that may start when one of its lane has ended here. */
  keep(lane: string, job: Job): void;
  /** The job that is to start next in the lane, if there is one. */
  next(lane: string): Job | undefined;
  /** Takes that job off its standby. */
  take(lane: string): void;
  /** Whether a second place of the lane could become free and find nothing to fill it. */
  isShort(lane: string): boolean;
  /** Takes all jobs off their standby that are meant, and returns them. */
  withdraw(isMeant: (job: Job) => boolean): Job[];
}

/** All lanes, empty. */
export function createLanes<Job>(): Lanes<Job> {
  const lanes = new Map<string, { active: number; standbys: Job[] }>();
  const of = (lane: string) => {
    const known = lanes.get(lane);
    if (known !== undefined) return known;
    const fresh = { active: 0, standbys: [] };
    lanes.set(lane, fresh);
    return fresh;
  };
  return {
    begin: (lane) => void of(lane).active++,
    end: (lane) => void of(lane).active--,
    keep: (lane, job) => void of(lane).standbys.push(job),
    next: (lane) => lanes.get(lane)?.standbys[0],
    take: (lane) => void of(lane).standbys.shift(),
    isShort(lane) {
      const { active, standbys } = of(lane);
      return standbys.length === 0 && active > 1;
    },
    withdraw(isMeant) {
      const withdrawn: Job[] = [];
      for (const [lane, { active, standbys }] of lanes) {
        const rest = standbys.filter((job) => !isMeant(job));
        if (rest.length < standbys.length) withdrawn.push(...standbys.filter(isMeant));
        if (rest.length === 0 && active === 0) lanes.delete(lane);
        else lanes.set(lane, { active, standbys: rest });
      }
      return withdrawn;
    },
  };
}
