export interface BusListener {
  readonly onMessage: (message: string) => void;
  /** Messages may have been missed: whoever keeps something up to date by them looks afresh. */
  readonly onGap?: () => void;
}

/**
 * Messages between the processes of one home, best effort: nothing is stored, a message published
 * while nobody listens is gone, and one on its way may be lost with the process that carries it. Those
 * of one publisher arrive in the order they were published, none twice. A publisher hears itself.
 */
export interface Bus {
  /** Never fails; what cannot be delivered is a gap for those who listen. */
  publish(topic: string, message: string): void;
  /** Resolves once nothing published from now on is missed, with the function that ends it. */
  subscribe(topic: string, listener: BusListener): Promise<() => void>;
  /** Delivers nothing any more. */
  close(): Promise<void>;
}
