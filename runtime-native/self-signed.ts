/** Certificates in memory for programs. What makes them is loaded with the first one. */
import type { CertificateBackend } from '../builtins/certificates.ts';
import { utf8Decode, utf8Encode } from '../language/values/bytes.ts';

export const nativeCertificates: CertificateBackend = {
  selfSigned(names, days, done) {
    const texts = names.map(utf8Decode);
    void import('./make-certificate.ts').then(({ makeDevelopmentCertificate, nameProblem }) => {
      const problem = texts.map(nameProblem).find((one) => one !== null);
      done(problem === undefined ? makeDevelopmentCertificate(texts, days) : { problem: utf8Encode(problem) });
    });
  },
};
