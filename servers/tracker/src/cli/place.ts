import type { Cli, Place as PlaceOf } from "@trestle/cli";
import type { Config } from "../config.ts";
import type { Own } from "./own.ts";

/** What a command works with: the configured tracker, opened when it asks for it. */
export type Place = PlaceOf<Config> & Own;
export type TrackerCli = Cli<Place>;
