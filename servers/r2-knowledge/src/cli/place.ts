import type { Cli, Place as PlaceOf } from "@trestle/cli";
import type { Config } from "../config.ts";
import type { OwnersState } from "../state.ts";

/** What a command works with: the configured knowledge, opened for it. */
export type Place = PlaceOf<Config> & OwnersState;
export type KnowledgeCli = Cli<Place>;
