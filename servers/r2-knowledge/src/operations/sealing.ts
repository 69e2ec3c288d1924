import { join } from "node:path";
import { type Keyring, openKeyring } from "@trestle/access";
import type { Config } from "../config.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { openSealedStore } from "../object-store/sealed/open-sealed-store.ts";

/** Sealed as the knowledge is: a backup or a copy must tell no more than what it is of. */
export function sealed(store: ObjectStore, config: Config, dataDir: string): ObjectStore {
  return config.seal ? openSealedStore(store, keyringOf(config, dataDir)) : store;
}

export function keyringOf({ encryptionKey }: Config, dataDir: string): Keyring {
  const folder = join(dataDir, "keys");
  return openKeyring({ folder, ...(encryptionKey === undefined ? {} : { encryptionKey }) });
}
