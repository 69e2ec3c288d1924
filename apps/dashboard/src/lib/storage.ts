/** What this browser remembers of its reader. A browser that keeps nothing is no fault. */
export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(`trestle:${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(name: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(`trestle:${name}`);
    else localStorage.setItem(`trestle:${name}`, value);
  } catch {
    // Then it is chosen again next time.
  }
}
