import { type RefObject, useCallback, useEffect, useState } from "react";
import { flushSync } from "react-dom";

export interface RowWindowOptions {
  readonly count: number;
  /** All rows are as high. */
  readonly rowPx: number;
  /** What stays at the top of the frame, above the rows. */
  readonly headPx: number;
  /** So many rows are drawn before and after those that are seen. */
  readonly beyond: number;
}

export interface RowWindow {
  /** The first row to draw. */
  readonly first: number;
  /** The first that is not drawn any more. */
  readonly end: number;
  /** To be told where the frame is whenever it was scrolled. */
  follow(scrollTop: number): void;
  /** Scrolls as little as shows this row whole, and draws it. */
  reveal(index: number): void;
}

/**
 * Which of many rows are to be drawn. All are as high, so that nothing is measured and nothing is kept of a row:
 * a scrolling costs the same however many there are.
 */
export function useRowWindow(
  frame: RefObject<HTMLElement | null>,
  { count, rowPx, headPx, beyond }: RowWindowOptions,
): RowWindow {
  const [at, setAt] = useState(0);
  const [seen, setSeen] = useState(0);
  const follow = useCallback(
    (scrollTop: number) => {
      // In the same picture: a later one would show a list with gaps.
      flushSync(() => setAt(Math.floor(scrollTop / rowPx)));
    },
    [rowPx],
  );
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const size = new ResizeObserver(() => setSeen(Math.ceil(element.clientHeight / rowPx)));
    size.observe(element);
    return () => size.disconnect();
  }, [frame, rowPx]);
  const reveal = useCallback(
    (index: number) => {
      const element = frame.current;
      if (element === null) return;
      const top = index * rowPx;
      const least = top + rowPx + headPx - element.clientHeight;
      element.scrollTop = Math.min(top, Math.max(least, element.scrollTop));
      follow(element.scrollTop);
    },
    [frame, rowPx, headPx, follow],
  );
  // Fewer rows than before may be left of a list that was scrolled.
  const top = Math.max(0, Math.min(at, count - seen));
  const first = Math.max(0, top - beyond);
  return { first, end: Math.min(count, top + seen + 1 + beyond), follow, reveal };
}
