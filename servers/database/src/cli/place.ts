import type { Cli, Place as PlaceOf } from "@trestle/cli";
import type { Config } from "../config.ts";
import type { State } from "../state.ts";

/** What a command works with: the configured database, opened for it. */
export interface Opened {
  readonly state: State;
  close(): Promise<void>;
}

export type Place = PlaceOf<Config> & Opened;
export type DatabaseCli = Cli<Place>;
