/** How many numbers describe a call: its line (from 1), its global position, its call site in its function (0 for a tail call). */
export const CALL_FIELDS = 3;
