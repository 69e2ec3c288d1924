/** The keys that say where a bridge is. */
export interface Addressed {
  readonly publicUrl?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

/** A path of this bridge as others reach it: below `publicUrl`, whose own path a proxy takes off. */
export function publicAddress({ publicUrl, host = LOCAL, port = 4100 }: Addressed, path: string) {
  const base = new URL(publicUrl ?? `http://${host}:${port}`);
  return base.origin + base.pathname.replace(/\/+$/, "") + path;
}

const LOCAL = "127.0.0.1";
