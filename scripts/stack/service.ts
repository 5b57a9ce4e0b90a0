/** Part of the stack that was started and must be stopped. */
export interface Service {
  /** Short name for logs and messages, such as `postgres`. */
  readonly name: string;
  /** Stops the service and frees its resources. A second call does nothing. */
  stop(): Promise<void>;
  /** Ends the service as `kill -9` does, if that differs from `stop`. */
  kill?(): Promise<void>;
}

/** Service that answers HTTP. */
export interface HttpService extends Service {
  /** Origin without a trailing slash, such as `http://127.0.0.1:54331`. */
  readonly url: string;
}

/** Function that takes one line of a service's log. */
export type Log = (source: string, message: string) => void;
