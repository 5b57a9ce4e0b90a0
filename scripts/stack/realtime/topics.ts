import { type Broadcast, encodeBroadcast, type Frame, type Version } from "./frames.ts";

/** Channel as its topic sees it. */
export interface Member {
  readonly version: Version;
  send(frame: Frame): void;
}

/** Members of one topic. A private topic and a public topic with the same name are different topics. */
export class Topic {
  readonly members = new Set<Member>();

  /** @param name name with the prefix `realtime:`. */
  constructor(readonly name: string) {}

  /** Sends a message to all members except the sender. */
  broadcast(message: Broadcast, from?: Member): void {
    const frames = new Map<Version, Frame | undefined>();
    for (const member of this.members) {
      if (member === from) continue;
      if (!frames.has(member.version)) {
        frames.set(member.version, encodeBroadcast(member.version, this.name, message));
      }
      const frame = frames.get(member.version);
      if (frame !== undefined) member.send(frame);
    }
  }
}

/** Topics that have members. */
export class Topics {
  readonly #topics = new Map<string, Topic>();

  join(name: string, isPrivate: boolean, member: Member): Topic {
    const key = keyOf(name, isPrivate);
    const topic = this.#topics.get(key) ?? new Topic(name);
    this.#topics.set(key, topic);
    topic.members.add(member);
    return topic;
  }

  leave(topic: Topic, isPrivate: boolean, member: Member): void {
    topic.members.delete(member);
    if (topic.members.size === 0) this.#topics.delete(keyOf(topic.name, isPrivate));
  }

  find(name: string, isPrivate: boolean): Topic | undefined {
    return this.#topics.get(keyOf(name, isPrivate));
  }
}

function keyOf(name: string, isPrivate: boolean): string {
  return `${isPrivate ? "private" : "public"} ${name}`;
}
