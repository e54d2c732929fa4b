/**
 * The character sets of mail. Those of the WHATWG's Encoding Standard are read by `TextDecoder`; tables and small state machines
 * below read what that standard leaves out and mail still has.
 */
import { sequenceLength, utf8Encode } from '../../language/values/bytes.ts';
import { codec } from '../../language/values/values.ts';
import type { Work } from '../time-slices.ts';
import { bytesOf, scratch, scratchBytes } from './base64.ts';
import { type Change, inPieces, lfEnds, PIECE } from './pieces.ts';
import { indexOf } from './search.ts';

/** Labels of mail programs that the Encoding Standard does not list, and what it calls them. */
const ALIASES: { readonly [label: string]: string } = {
  cp932: 'shift_jis',
  'x-ms-cp932': 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  ms949: 'euc-kr',
  uhc: 'euc-kr',
  cp950: 'big5',
  'mac-roman': 'macintosh',
  macroman: 'macintosh',
  'mac-cyrillic': 'x-mac-cyrillic',
  'latin-1': 'windows-1252',
  'iso-8859-1-windows-3.1-latin-1': 'windows-1252',
  cp65001: 'utf-8',
  'utf-8-sig': 'utf-8',
};

/** The upper half of code pages of PCs (Microsoft's tables), in rows. */
const CODE_PAGES: { readonly [label: string]: readonly string[] } = {
  437: [
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ',
    'áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐',
    '└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀',
    'αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0',
  ],
  850: [
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ',
    'áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐',
    '└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀',
    'ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0',
  ],
};
const CODE_PAGE = /^(?:cp|ibm|cspc|pc)-?(?:8?codepage)?(437|850)(?:multilingual)?$/;

/** Where windows-1252 differs from ISO 8859-1: the bytes 0x80 to 0x9F; the unassigned ones stay controls. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** Unknown: the label is missing, or something that its text need not keep to. */
const UNTOLD = /^(?:(?:us-)?ascii|ansi_x3\.4-19\d\d|7bit|8bit|unknown(?:-8bit)?|x-unknown|)$/;

/** U+FEFF in UTF-8; it only says that text is UTF-8. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf';

/**
 * The UTF-8 of text in a character set; undefined if the set is not known. Text whose character set is not told is UTF-8 if it is valid
 * UTF-8, otherwise windows-1252. What the character set does not have becomes U+FFFD. With `lf`, CRLF becomes LF on the way, which takes less
 * memory than afterwards.
 */
export function* toUtf8(text: string, charset: string, lf = false): Work<string | undefined> {
  const label = charset.trim().toLowerCase();
  const told = !UNTOLD.test(label);
  let reader = told ? readerOf(label) : 'utf-8';
  if (reader === null) return undefined;
  if (reader === 'utf-8') {
    if (yield* isUtf8(text)) {
      const bare = text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
      return lf && (yield* indexOf(bare, '\r\n', 0)) >= 0 ? yield* inPieces(bare, lfEnds()) : bare;
    }
    reader = told ? decoderOf('utf-8') : upperHalf(WINDOWS_1252);
  }
  if (!lf) return yield* inPieces(text, reader);
  const read = reader;
  const ends = lfEnds();
  return yield* inPieces(text, (piece) => {
    const made = read(piece);
    return (made === '' ? '' : ends(made)) + (piece === '' ? ends('') : '');
  });
}

/** What reads a character set; null if it is not known. */
function readerOf(label: string): Change | 'utf-8' | null {
  const page = CODE_PAGE.exec(label)?.[1];
  if (page !== undefined) return upperHalf((CODE_PAGES[page] as readonly string[]).join('')); // one of the two
  if (/^(?:x-)?(?:unicode-1-1-|csunicode11)?utf-?7$/.test(label)) return utf7();
  if (label === 'iso-2022-kr' || label === 'csiso2022kr') return iso2022Kr();
  if (label === 'hz-gb-2312' || label === 'hz') return hz();
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(ALIASES[label] ?? label.replace(/^(?:win|ansi)-?(?=125\d$)/, 'windows-'));
  } catch {
    return null;
  }
  if (decoder.encoding === 'utf-8') return 'utf-8';
  if (decoder.encoding === 'windows-1252') return upperHalf(WINDOWS_1252); // Node 20 takes it for ISO 8859-1
  if (decoder.encoding === 'replacement') return null;
  return decodeWith(decoder);
}

function decoderOf(encoding: string): Change {
  return decodeWith(new TextDecoder(encoding));
}

const encoder = new TextEncoder();

function decodeWith(decoder: TextDecoder): Change {
  return (piece) => {
    const bytes = encoder.encode(decoder.decode(scratchBytes(piece), { stream: piece !== '' }));
    return codec.decode(bytes, 0, bytes.length);
  };
}

/** The UTF-8 of the bytes from 0x80 on, by the characters that they are. */
const upperHalves = new Map<string, readonly Uint8Array[]>();

/** A set of ASCII and these characters from 0x80 on; the others are those of ISO 8859-1. */
function upperHalf(characters: string): Change {
  let encoded = upperHalves.get(characters);
  if (encoded === undefined) {
    encoded = Array.from({ length: 128 }, (_, i) => bytesOf(utf8Encode(characters[i] ?? String.fromCharCode(0x80 + i))));
    upperHalves.set(characters, encoded);
  }
  const upper = encoded;
  return (piece) => {
    const bytes = scratchBytes(piece);
    const out = scratch(bytes.length * 3);
    let end = 0;
    for (const byte of bytes) {
      if (byte < 0x80) out[end++] = byte;
      else for (const one of upper[byte - 0x80] as Uint8Array) out[end++] = one; // of 128
    }
    return codec.decode(out, 0, end);
  };
}

/** Whether text is valid UTF-8. */
export function* isUtf8(text: string): Work<boolean> {
  const beyondAscii = /[\x80-\xff]/g;
  for (let at = 0, slice = PIECE; at < text.length; slice = at + PIECE) {
    while (at < slice) {
      beyondAscii.lastIndex = at;
      const found = beyondAscii.exec(text);
      if (found === null) return true;
      at = found.index;
      while (text.charCodeAt(at) >= 0x80 && at < slice) {
        const size = sequenceLength(text, at);
        if (size === 0) return false;
        at += size;
      }
    }
    yield;
  }
  return true;
}

/** Keeps what `rest` cuts off the end of a piece for the next one. */
function carrying(read: Change, whole: (text: string) => number): Change {
  let kept = '';
  return (piece) => {
    const text = kept + piece;
    const end = piece === '' ? text.length : whole(text);
    kept = text.slice(end);
    return read(text.slice(0, end));
  };
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** UTF-7 (RFC 2152): `+` begins UTF-16 in base64, which ends before the first other character; a `-` there is dropped. */
function utf7(): Change {
  let shifted = false;
  let first = false;
  let bits = 0;
  let count = 0;
  return (piece) => {
    let made = '';
    for (const char of piece) {
      if (!shifted) {
        if (char === '+') {
          shifted = first = true;
          bits = count = 0;
        } else {
          made += char < '\x80' ? char : '\ufffd';
        }
        continue;
      }
      const value = BASE64.indexOf(char);
      if (value >= 0) {
        bits = ((bits << 6) | value) & 0x3fffff;
        count += 6;
        if (count >= 16) {
          count -= 16;
          made += String.fromCharCode((bits >> count) & 0xffff);
        }
      } else {
        shifted = false;
        if (char === '-') made += first ? '+' : '';
        else made += char < '\x80' ? char : '\ufffd';
      }
      first = false;
    }
    return utf8Encode(made);
  };
}

/** ISO-2022-KR (RFC 1557): SO begins KS X 1001, SI and the end of a line end it; a header `ESC $ ) C` says so. */
function iso2022Kr(): Change {
  const korean = decoderOf('euc-kr');
  let shifted = false;
  return (piece) => {
    let bytes = '';
    for (const char of piece.replaceAll('\x1b$)C', '')) {
      if (char === '\x0e') shifted = true;
      else if (char === '\x0f') shifted = false;
      else {
        if (char === '\n') shifted = false;
        bytes += shifted && char > ' ' && char < '\x7f' ? String.fromCharCode(char.charCodeAt(0) | 0x80) : char;
      }
    }
    return korean(bytes) + (piece === '' ? korean('') : '');
  };
}

/** HZ (RFC 1843): `~{` and `~}` switch to GB 2312 and back, `~~` is `~`, and `~` at the end of a line joins it with the next one. */
function hz(): Change {
  const chinese = decoderOf('gbk');
  let shifted = false;
  const read: Change = (piece) => {
    const bytes = piece.replace(/~([{}~]|\r?\n)|[\s\S]/g, (all, escaped?: string) => {
      if (escaped === '{') shifted = true;
      else if (escaped === '}') shifted = false;
      else if (escaped === '~') return '~';
      if (escaped !== undefined) return '';
      if (all === '\n') shifted = false;
      return shifted && all > ' ' && all < '\x7f' ? String.fromCharCode(all.charCodeAt(0) | 0x80) : all;
    });
    return chinese(bytes) + (piece === '' ? chinese('') : '');
  };
  // An escape that the end of a piece cuts.
  return carrying(read, (text) => text.length - (/~\r?$/.exec(text)?.[0].length ?? 0));
}
