/** The configurations of the mail servers that we test against, for one directory and one account that runs all of them. */

/** Where each service listens on 127.0.0.1; `base` is the only number that is chosen. */
export function portsFrom(base: number) {
  return {
    imap: base + 143,
    imaps: base + 193,
    pop3: base + 110,
    pop3s: base + 195,
    submission: base + 187,
    submissions: base + 188,
    exim: base + 125,
    exims: base + 165,
    aio: base + 126,
    /** For Dovecot's submission service, which hands its mail to aiosmtpd. */
    relay: base + 127,
    /** For servers written in Magnolia, with STARTTLS and with TLS from the start. */
    ours: { smtp: base + 225, smtps: base + 265, pop3: base + 210, pop3s: base + 295, imap: base + 243, imaps: base + 293 },
  };
}

export type Ports = ReturnType<typeof portsFrom>;

/** Names and passwords: with quotes, blanks, a backslash, and characters beyond ASCII. */
export const accounts = {
  alice: 'alice-pw',
  bob: 'b "q" \\ x',
  carol: 'grün-ß',
  seed: 'seed-pw',
  pop: 'pop-pw',
  empty: 'empty-pw',
  table: 'table-pw',
  large: 'large-pw',
} as const;

export interface Setting {
  readonly dir: string;
  readonly user: string;
  readonly group: string;
  readonly ports: Ports;
  readonly submission: boolean;
}

function dovecotLogin(service: string, plain: [string, number], tls: [string, number]): string {
  return `service ${service} {
  chroot =
  inet_listener ${plain[0]} {
    port = ${plain[1]}
  }
  inet_listener ${tls[0]} {
    port = ${tls[1]}
    ssl = yes
  }
}`;
}

/** Dovecot for IMAP, POP3 and, if it is installed, submission; no part of it needs root. */
export function dovecotConf({ dir, user, group, ports, submission }: Setting): string {
  return `base_dir = ${dir}/run
state_dir = ${dir}/run
log_path = ${dir}/log/dovecot.log
protocols = imap pop3${submission ? ' submission' : ''}
listen = 127.0.0.1
hostname = localhost
default_internal_user = ${user}
default_internal_group = ${group}
default_login_user = ${user}
default_client_limit = 1000
default_process_limit = 60
first_valid_uid = 1
first_valid_gid = 1
mail_uid = ${user}
mail_gid = ${group}
mail_privileged_group =
mail_location = maildir:${dir}/mail/%u:LAYOUT=fs
mail_max_userip_connections = 40
mailbox_list_index = no
namespace inbox {
  inbox = yes
  separator = /
}
ssl = yes
ssl_cert = <${dir}/certs/server.pem
ssl_key = <${dir}/certs/server.key
# Logging in without TLS is allowed and wrong passwords cost no time: these are tests.
disable_plaintext_auth = no
auth_failure_delay = 0
auth_mechanisms = plain login cram-md5 apop
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${dir}/users
}
userdb {
  driver = static
  args = uid=${user} gid=${group} home=${dir}/mail/%u
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
${dovecotLogin('imap-login', ['imap', ports.imap], ['imaps', ports.imaps])}
${dovecotLogin('pop3-login', ['pop3', ports.pop3], ['pop3s', ports.pop3s])}
protocol pop3 {
  pop3_uidl_format = %f
  pop3_no_flag_updates = yes
}
protocol imap {
  imap_idle_notify_interval = 5 secs
}
${
  submission
    ? `${dovecotLogin('submission-login', ['submission', ports.submission], ['submissions', ports.submissions])}
submission_relay_host = 127.0.0.1
submission_relay_port = ${ports.relay}
submission_max_mail_size = 5M`
    : ''
}
`;
}

/** Exim, which refuses clients that talk too early, and has a greeting of two lines. */
export function eximConf({ dir, user, group, ports }: Setting): string {
  const password = (name: string) => `\${base64d:\${lookup{${name}}lsearch{${dir}/passwords}{$value}{}}}`;
  const right = (name: string, given: string) =>
    `\${if and{ {!eq{${name}}{}} {!eq{${given}}{}} {eq{${given}}{${password(name)}}} }}`;
  return `keep_environment =
primary_hostname = localhost
spool_directory = ${dir}/spool
log_file_path = ${dir}/log/exim.%slog
pid_file_path = ${dir}/exim.pid
exim_user = ${user}
exim_group = ${group}
deliver_drop_privilege = true
never_users =
no_local_from_check
local_interfaces = 127.0.0.1
disable_ipv6 = true
daemon_smtp_ports = ${ports.exim} : ${ports.exims}
tls_on_connect_ports = ${ports.exims}
tls_advertise_hosts = *
tls_certificate = ${dir}/certs/server.pem
tls_privatekey = ${dir}/certs/server.key
smtp_banner = localhost ESMTP interop\\nsecond greeting line
smtp_accept_max = 60
smtp_enforce_sync = true
smtputf8_advertise_hosts = *
message_size_limit = 20M
host_lookup =
rfc1413_hosts =
domainlist ours = localhost : example.test
acl_smtp_mail = acl_mail
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data

begin acl
acl_mail:
  deny    senders = blocked@example.test
          message = sender refused
  accept
acl_rcpt:
  deny    domains = +ours
          local_parts = reject
          message = no such user here
  defer   domains = +ours
          local_parts = later
          message = try again later
  deny    domains = +ours
          local_parts = multi
          message = first line of the refusal\\nsecond line of the refusal\\nthird line of the refusal
  accept  domains = +ours
  accept  authenticated = *
  deny    message = relay not permitted
acl_data:
  deny    condition = \${if match{$h_subject:}{interop-refuse}}
          message = content refused
  accept

begin routers
ours:
  driver = accept
  domains = +ours
  transport = maildir
others:
  driver = redirect
  data = :blackhole:

begin transports
maildir:
  driver = appendfile
  maildir_format
  directory = ${dir}/mail/\${lookup{$local_part}lsearch{${dir}/boxes}{$value}fail}
  create_directory

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${right('$auth2', '$auth3')}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${right('$auth1', '$auth2')}
  server_set_id = $auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${password('$auth1')}
  server_set_id = $auth1
`;
}
