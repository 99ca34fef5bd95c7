/** What the three embedded servers have in common. */

export interface EmbeddedOptions {
  readonly port: number;
  /** Kept over a stop and a start. */
  readonly dataDir: string;
  readonly logFile: string;
  /** Settings of the server beside the built-in ones. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onProgress: (text: string) => void;
  /** Aborts the start. */
  readonly signal?: AbortSignal;
  /** Told when the server dies without having been stopped. */
  readonly onDeath?: (sentence: string) => void;
}

export interface EmbeddedServer {
  /** As the environment variable of an outside one would say it. */
  readonly address: string;
  /** Where its data is, when that is not the folder it was given. */
  readonly elsewhere?: string;
  /** Of its process; null when that is not running. */
  readonly pid: number | null;
  stop(): Promise<void>;
  /** SIGKILL, for tests of what happens then. */
  kill(): Promise<void>;
}
