/** Cases of pop, in the form of cases-smtp.ts. */
import type { Case } from './table.ts';

export const popCases: readonly Case[] = [];
