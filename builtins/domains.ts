/** Names of hosts in all scripts. */
import { utf8Decode, utf8Encode } from '../language/values/bytes.ts';
import { Str } from '../language/values/values.ts';
import { text } from './params.ts';
import { type Builtin, builtin } from './registry.ts';

/** The form of a domain in ASCII, with `xn--` where it has other letters (RFC 5891, UTS 46); empty if it has none. */
export type DomainToAscii = (domain: string) => string;

export function domainBuiltins(toAscii: DomainToAscii): Builtin[] {
  return [
    builtin({
      name: '__domain_to_ascii',
      group: 'text',
      help: 'a domain in UTF-8 as it is in ASCII, with xn--; ? if it is not a domain',
      params: [text('domain')],
      run(_machine, domain) {
        const ascii = utf8Encode(toAscii(utf8Decode(domain.text)));
        return ascii === '' ? null : new Str(ascii);
      },
    }),
  ];
}
