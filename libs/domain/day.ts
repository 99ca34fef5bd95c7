/** A day of UTC, in milliseconds: no leap seconds, no change of clocks. */
export const dayMs = 86_400_000;
