import { type Broadcast, encodeBroadcast, type Frame, type Version } from "./frames.ts";

/** Channel as its topic sees it. */
export interface Member {
  readonly version: Version;
  send(frame: Frame): void;
}

/**
 * Members of topics. A private topic and a public topic with the same name are different topics.
 * Names have the prefix `realtime:`.
 */
export class Topics {
  readonly #members = new Map<string, Set<Member>>();

  join(name: string, isPrivate: boolean, member: Member): void {
    const key = keyOf(name, isPrivate);
    const members = this.#members.get(key) ?? new Set();
    this.#members.set(key, members.add(member));
  }

  leave(name: string, isPrivate: boolean, member: Member): void {
    const key = keyOf(name, isPrivate);
    const members = this.#members.get(key);
    members?.delete(member);
    if (members?.size === 0) this.#members.delete(key);
  }

  /** Sends a message to all members of a topic except the sender. */
  broadcast(name: string, isPrivate: boolean, message: Broadcast, from?: Member): void {
    const frames = new Map<Version, Frame | undefined>();
    for (const member of this.#members.get(keyOf(name, isPrivate)) ?? []) {
      if (member === from) continue;
      if (!frames.has(member.version)) {
        frames.set(member.version, encodeBroadcast(member.version, name, message));
      }
      const frame = frames.get(member.version);
      if (frame !== undefined) member.send(frame);
    }
  }
}

function keyOf(name: string, isPrivate: boolean): string {
  return `${isPrivate ? "private" : "public"} ${name}`;
}
