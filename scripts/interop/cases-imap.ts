/** Cases of imap, in the form of cases-smtp.ts. */
import type { Case } from './table.ts';

export const imapCases: readonly Case[] = [];
