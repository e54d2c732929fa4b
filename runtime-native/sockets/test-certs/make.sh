#!/bin/sh
# Makes the certificates of the tests anew. They are worth nothing anywhere else.
set -e
cd "$(dirname "$0")"
new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1-key.pem"; }

new_key ca
openssl req -x509 -new -key ca-key.pem -subj '/CN=Test CA' -days 36500 -out ca.pem

# signed NAME SUBJECT EXTENSIONS [openssl x509 options]
signed() {
  name=$1 subject=$2 extensions=$3
  shift 3
  new_key "$name"
  printf '%s\n' "$extensions" > extensions.tmp
  openssl req -new -key "$name-key.pem" -subj "$subject" |
    openssl x509 -req -CA ca.pem -CAkey ca-key.pem -CAcreateserial -extfile extensions.tmp -out "$name.pem" "$@"
  rm -f extensions.tmp ca.srl
}

signed localhost '/CN=localhost' 'subjectAltName=DNS:localhost,DNS:*.wild.example,IP:127.0.0.1,IP:::1' -days 36500
signed dnsonly '/CN=localhost' 'subjectAltName=DNS:localhost' -days 36500
signed cnonly '/CN=localhost' 'basicConstraints=CA:FALSE' -days 36500
signed expired '/CN=localhost' 'subjectAltName=DNS:localhost,IP:127.0.0.1' -days -1

new_key selfsigned
openssl req -x509 -new -key selfsigned-key.pem -subj '/CN=localhost' -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
  -days 36500 -out selfsigned.pem
