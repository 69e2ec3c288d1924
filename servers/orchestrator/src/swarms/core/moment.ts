/** When something is decided. */
export interface Moment {
  /** Of the wall clock, in epoch milliseconds: for people and for what is spent. It may jump. */
  readonly wall: number;
  /** Of this process alone, in milliseconds: never jumps and never goes back. What lapses is measured by it. */
  readonly tick: number;
}
