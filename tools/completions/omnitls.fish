# fish completion for omnitls.  A section for each subcommand.

function __omnitls_backends
    command omnitls backends --json 2>/dev/null | string match -rg '^ *"name": "([a-z]+)"'
end

complete -c omnitls -f
complete -c omnitls -n __fish_use_subcommand -s h -l help -d 'Help'
complete -c omnitls -n __fish_use_subcommand -s V -l version -d 'Version'

# == demo ==
set -l here '__fish_seen_subcommand_from demo'
complete -c omnitls -n __fish_use_subcommand -a demo -d 'Every TLS library talks to every other one'
complete -c omnitls -n "$here" -s b -l bytes -x -a '0 1K 1M 100M 1G' -d 'Send so many bytes each way'
complete -c omnitls -n "$here" -s j -l json -d 'The results as JSON'
complete -c omnitls -n "$here" -s h -l help -d 'Help'

# == backends ==
set -l here '__fish_seen_subcommand_from backends'
complete -c omnitls -n __fish_use_subcommand -a backends -d 'Which TLS libraries are built in'
complete -c omnitls -n "$here" -s j -l json -d 'The same as JSON'
complete -c omnitls -n "$here" -s h -l help -d 'Help'

# == client and compare ==
set -l here '__fish_seen_subcommand_from client'
complete -c omnitls -n __fish_use_subcommand -a client -d 'Standard input and output over TLS'
complete -c omnitls -n "$here" -s B -l backend -x -a '(__omnitls_backends)' -d 'The TLS library'
complete -c omnitls -n "$here" -s H -l half-close -d 'Say goodbye when standard input ends'
complete -c omnitls -n "$here" -s x -l check -d 'Only connect, shake hands and say goodbye'
complete -c omnitls -n "$here" -s q -l quiet -d 'Tell nothing but errors'
complete -c omnitls -n "$here" -s j -l json -d 'Tell about the connection as JSON'
set -l here '__fish_seen_subcommand_from compare'
complete -c omnitls -n __fish_use_subcommand -a compare -d 'Connects to a server with every TLS library'
complete -c omnitls -n "$here" -s B -l backend -x -a '(__omnitls_backends)' -d 'Compare only these'
complete -c omnitls -n "$here" -s j -l json -d 'The results as JSON'
set -l here '__fish_seen_subcommand_from client compare'
complete -c omnitls -n "$here" -a '(__fish_print_hostnames)'
complete -c omnitls -n "$here" -s C -l ca -r -F -d 'Trust these authorities'
complete -c omnitls -n "$here" -s k -l insecure -d 'Go on whoever the server is'
complete -c omnitls -n "$here" -s n -l name -x -a '(__fish_print_hostnames)' -d 'Whom the certificate must be for'
complete -c omnitls -n "$here" -s a -l alpn -x -a 'http/1.1 h2' -d 'Application protocols, best first'
complete -c omnitls -n "$here" -s m -l min -x -a '1.2 1.3' -d 'Nothing older'
complete -c omnitls -n "$here" -s M -l max -x -a '1.2 1.3' -d 'Nothing newer'
complete -c omnitls -n "$here" -s l -l ciphers -x -a 'DEFAULT ECDHE+AESGCM ECDHE+CHACHA20' -d 'Suites of TLS 1.2'
complete -c omnitls -n "$here" -s L -l ciphersuites -x -a 'TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256' -d 'Suites of TLS 1.3'
complete -c omnitls -n "$here" -s c -l cert -r -F -d 'The certificate for servers that ask'
complete -c omnitls -n "$here" -s K -l key -r -F -d 'Its private key'
complete -c omnitls -n "$here" -s s -l starttls -x -a 'smtp imap pop3 ftp' -d 'Begin in plain text'
complete -c omnitls -n "$here" -s t -l timeout -x -a '0 5 30' -d 'For connecting and shaking hands, in seconds'
complete -c omnitls -n "$here" -s v -l verbose -d 'Tell more'
complete -c omnitls -n "$here" -s h -l help -d 'Help'

# == server ==
set -l here '__fish_seen_subcommand_from server'
complete -c omnitls -n __fish_use_subcommand -a server -d 'Serves echoes, files or programs'
complete -c omnitls -n "$here" -s e -l echo -d 'Send clients their own bytes back'
complete -c omnitls -n "$here" -s H -l http -x -a '(__fish_complete_directories)' -d 'Serve the files of a directory'
complete -c omnitls -n "$here" -s x -l exec -x -a '(__fish_complete_command)' -d 'Run a program for each client'
complete -c omnitls -n "$here" -s B -l backend -x -a '(__omnitls_backends)' -d 'The TLS library'
complete -c omnitls -n "$here" -s c -l cert -r -F -d 'The certificate with its chain'
complete -c omnitls -n "$here" -s K -l key -r -F -d 'Its private key'
complete -c omnitls -n "$here" -s S -l sni -x -d 'Another certificate: NAME=CERT,KEY'
complete -c omnitls -n "$here" -s C -l ca -r -F -d 'Ask for client certificates of these authorities'
complete -c omnitls -n "$here" -s R -l require-client-cert -d 'Refuse clients without a certificate'
complete -c omnitls -n "$here" -s a -l alpn -x -a 'http/1.1 h2' -d 'Application protocols, best first'
complete -c omnitls -n "$here" -s m -l min -x -a '1.2 1.3' -d 'Nothing older'
complete -c omnitls -n "$here" -s M -l max -x -a '1.2 1.3' -d 'Nothing newer'
complete -c omnitls -n "$here" -s l -l listen -x -a '127.0.0.1:4433 :0' -d 'Where to listen'
complete -c omnitls -n "$here" -s t -l timeout -x -a '0 60' -d 'Part from clients that do not get on'
complete -c omnitls -n "$here" -s v -l verbose -d 'Say what goes wrong with clients'
complete -c omnitls -n "$here" -s h -l help -d 'Help'
