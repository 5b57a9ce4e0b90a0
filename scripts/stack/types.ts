/** Something the stack started and has to end. */
export interface Service {
  /** Short name for logs and messages, such as `postgres`. */
  readonly name: string;
  /** Ends the service and frees what it held. A second call does nothing. */
  stop(): Promise<void>;
  /** Ends it as `kill -9` does, where that differs. */
  kill?(): Promise<void>;
}

/** A service that answers HTTP. */
export interface HttpService extends Service {
  /** Origin without a trailing slash, such as `http://127.0.0.1:54331`. */
  readonly url: string;
}

/** Takes one line of a service's log. */
export type Log = (source: string, message: string) => void;
