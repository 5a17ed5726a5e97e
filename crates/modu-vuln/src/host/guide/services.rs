//! U-34 to U-63: services.

use super::{Item, high, low, medium};

pub(super) const ITEMS: &[Item] = &[
    high(
        34,
        ["Finger 서비스 비활성화", "No finger"],
        [
            "finger는 누가 있고 언제 들어왔는지를 묻는 이 모두에게 말해 줍니다.",
            "finger tells anybody who is here and when they came.",
        ],
        [
            "유닛과 (x)inetd 항목을 끄고 패키지를 지웁니다.",
            "Switch off its units and (x)inetd entries and remove the package.",
        ],
    ),
    high(
        35,
        [
            "공유 서비스에 대한 익명 접근 제한 설정",
            "No anonymous access to shares",
        ],
        [
            "이름 없이 들어온 사람은 파일을 가져가거나 두고 가도 누구인지 모릅니다.",
            "Whoever comes without a name takes or leaves files unknown.",
        ],
        [
            "vsftpd의 anonymous_enable=NO, proftpd의 <Anonymous> 제거, Samba의 guest ok = no, NFS의 익명 매핑을 제한합니다.",
            "Set anonymous_enable=NO in vsftpd, remove <Anonymous> from proftpd, guest ok = no in Samba, and restrict anonymous NFS.",
        ],
    ),
    high(
        36,
        ["r 계열 서비스 비활성화", "No r-services"],
        [
            "rsh, rlogin, rexec는 암호화 없이 주소만 믿습니다.",
            "rsh, rlogin and rexec trust addresses and encrypt nothing.",
        ],
        ["끄고 ssh로 바꿉니다.", "Switch them off and use ssh."],
    ),
    high(
        37,
        [
            "crontab 설정파일 권한 설정 미흡",
            "Permissions of cron and at",
        ],
        [
            "예약 작업을 남이 고치면 그 계정의 권한으로 명령이 실행됩니다.",
            "A changed job runs with its owner's rights.",
        ],
        [
            "crontab·at 프로그램은 750 이하로, cron·at 파일은 root 소유 640 이하로 하고, 쓸 사람은 cron.allow에 적습니다.",
            "Mode 750 or less for the programs crontab and at, root's and 640 or less for their files, and users named in cron.allow.",
        ],
    ),
    high(
        38,
        [
            "DoS 공격에 취약한 서비스 비활성화",
            "No echo, discard, daytime, chargen",
        ],
        [
            "이 작은 서비스들은 쓰는 사람이 없고, 요청을 부풀려 되돌리는 공격에 쓰입니다.",
            "Nobody uses these small services but attackers who have them amplify traffic.",
        ],
        [
            "(x)inetd의 항목을 끕니다.",
            "Switch off their (x)inetd entries.",
        ],
    ),
    high(
        39,
        [
            "불필요한 NFS 서비스 비활성화",
            "No NFS server unless needed",
        ],
        [
            "쓰지 않는 파일 공유는 문 하나를 더 여는 것입니다.",
            "A share that nobody uses is one more open door.",
        ],
        [
            "공유가 필요 없으면 nfs-server를 끄고(`systemctl disable --now nfs-server`), 필요하면 까닭을 적습니다.",
            "Without need switch it off (`systemctl disable --now nfs-server`); with need write down why.",
        ],
    ),
    high(
        40,
        ["NFS 접근 통제", "Who may mount NFS"],
        [
            "모두에게 내보내거나 root를 그대로 믿는 공유는 파일을 통째로 내줍니다.",
            "An export to everybody, or one that trusts root, gives the files away.",
        ],
        [
            "/etc/exports에 호스트를 적고 `*`와 no_root_squash를 없애며, 파일은 root 소유 644 이하로 합니다.",
            "Name hosts in /etc/exports, remove `*` and no_root_squash, and let root own the file with 644 or less.",
        ],
    ),
    high(
        41,
        ["불필요한 automountd 제거", "No automounter unless needed"],
        [
            "자동 마운트는 남이 만든 파일 시스템을 부르지 않아도 붙입니다.",
            "It attaches other people's file systems unasked.",
        ],
        ["autofs를 끕니다.", "Switch off autofs."],
    ),
    high(
        42,
        ["불필요한 RPC 서비스 비활성화", "No needless RPC services"],
        [
            "오래된 RPC 서비스에는 원격으로 root를 주는 흠이 많았습니다.",
            "Old RPC services have had many faults that give root away.",
        ],
        [
            "쓰지 않는 RPC 서비스와, NFS·NIS를 쓰지 않으면 rpcbind도 끕니다.",
            "Switch off unused RPC services, and rpcbind too where there is no NFS or NIS.",
        ],
    ),
    high(
        43,
        ["NIS, NIS+ 점검", "No NIS"],
        [
            "NIS는 비밀번호 해시를 암호화 없이 내줍니다.",
            "NIS hands out password hashes in the clear.",
        ],
        [
            "ypserv, ypbind를 끄고 LDAP/Kerberos 등으로 바꿉니다.",
            "Switch off ypserv and ypbind; use LDAP with Kerberos or the like.",
        ],
    ),
    high(
        44,
        ["tftp, talk 서비스 비활성화", "No tftp and talk"],
        [
            "tftp는 이름을 묻지 않고 파일을 주고받으며, talk는 쓸 일이 없습니다.",
            "tftp moves files without asking who; talk has no use.",
        ],
        [
            "끕니다. 부팅 서버처럼 꼭 필요하면 망을 나누고 까닭을 적습니다.",
            "Switch them off; a boot server that needs tftp gets a network of its own and a written reason.",
        ],
    ),
    high(
        45,
        ["메일 서비스 버전 점검", "Version of the mail service"],
        [
            "메일 서버는 밖에서 온 글을 읽으므로 알려진 흠이 바로 공격됩니다.",
            "A mail server reads strangers' input, so known faults are attacked at once.",
        ],
        [
            "밀린 보안 갱신을 적용하고, 쓰지 않으면 끕니다.",
            "Install pending security updates; switch it off if unused.",
        ],
    ),
    high(
        46,
        [
            "일반 사용자의 메일 서비스 실행 방지",
            "Users must not run the mail queue",
        ],
        [
            "사용자가 큐를 마음대로 돌리면 메일을 잃거나 서비스를 멈출 수 있습니다.",
            "Users who run the queue can lose mail or stop the service.",
        ],
        [
            "sendmail은 PrivacyOptions에 restrictqrun을, postfix와 exim은 postsuper·exiqgrep의 다른 사용자 실행 권한을 뺍니다.",
            "restrictqrun in sendmail's PrivacyOptions; no execute permission for others on postsuper and exiqgrep.",
        ],
    ),
    high(
        47,
        ["스팸 메일 릴레이 제한", "No open relay"],
        [
            "누구의 메일이든 전해 주는 서버는 스팸의 통로가 됩니다.",
            "A server that passes on anybody's mail serves spammers.",
        ],
        [
            "postfix는 smtpd_relay_restrictions에 reject_unauth_destination을 두고 mynetworks를 좁힙니다. 받을 일이 없으면 루프백에서만 듣게 합니다.",
            "In postfix have reject_unauth_destination in smtpd_relay_restrictions and a narrow mynetworks; listen on loopback only if nothing is received.",
        ],
    ),
    medium(
        48,
        ["expn, vrfy 명령어 제한", "No expn and vrfy"],
        [
            "이 명령은 어떤 계정이 있는지 알려 줍니다.",
            "These commands tell which accounts exist.",
        ],
        [
            "postfix는 disable_vrfy_command = yes, sendmail은 PrivacyOptions에 noexpn,novrfy(또는 goaway)를 둡니다.",
            "disable_vrfy_command = yes in postfix; noexpn,novrfy (or goaway) in sendmail's PrivacyOptions.",
        ],
    ),
    high(
        49,
        ["DNS 보안 버전 패치", "Version of the DNS service"],
        [
            "이름 서버의 흠은 한 번의 요청으로 멈춤이나 장악으로 이어집니다.",
            "One query may stop or take over a name server with a known fault.",
        ],
        [
            "밀린 보안 갱신을 적용하고, 쓰지 않으면 끕니다.",
            "Install pending security updates; switch it off if unused.",
        ],
    ),
    high(
        50,
        ["DNS Zone Transfer 설정", "Who may transfer zones"],
        [
            "영역 전체를 받은 사람은 내부 호스트의 목록을 가진 것입니다.",
            "Whoever transfers a zone has the list of its hosts.",
        ],
        [
            "options와 각 영역의 allow-transfer에 보조 서버(가능하면 TSIG 열쇠)만 적습니다.",
            "Name only secondaries, better their TSIG keys, in allow-transfer of options and zones.",
        ],
    ),
    medium(
        51,
        [
            "DNS 서비스의 취약한 동적 업데이트 설정 금지",
            "No careless dynamic updates",
        ],
        [
            "누구나 기록을 바꿀 수 있으면 이름이 어디를 가리킬지 모릅니다.",
            "If anybody may update records, names lead anywhere.",
        ],
        [
            "allow-update { none; }으로 하거나 TSIG 열쇠로만 허용합니다.",
            "allow-update { none; }, or by TSIG keys only.",
        ],
    ),
    medium(
        52,
        ["Telnet 서비스 비활성화", "No telnet"],
        [
            "telnet은 비밀번호를 그대로 보냅니다.",
            "telnet sends passwords in the clear.",
        ],
        ["끄고 ssh를 씁니다.", "Switch it off and use ssh."],
    ),
    low(
        53,
        ["FTP 서비스 정보 노출 제한", "FTP tells nothing of itself"],
        [
            "제품과 버전을 알면 맞는 공격을 고르기 쉽습니다.",
            "A product's version tells which attack fits.",
        ],
        [
            "vsftpd의 ftpd_banner, proftpd의 ServerIdent off(또는 문구)로 배너를 바꿉니다.",
            "Set ftpd_banner in vsftpd, ServerIdent off (or a text) in proftpd.",
        ],
    ),
    medium(
        54,
        ["암호화되지 않는 FTP 서비스 비활성화", "No unencrypted FTP"],
        [
            "FTP는 비밀번호와 파일을 그대로 보냅니다.",
            "FTP sends passwords and files in the clear.",
        ],
        [
            "SFTP를 쓰고 FTP를 끄거나, TLS를 로그인과 데이터 모두에 강제합니다.",
            "Use SFTP and switch FTP off, or force TLS for login and data.",
        ],
    ),
    medium(
        55,
        ["FTP 계정 Shell 제한", "The ftp account has no shell"],
        [
            "익명 접속용 계정에 셸이 있으면 FTP 밖에서도 들어올 수 있습니다.",
            "With a shell the account for anonymous FTP opens other doors.",
        ],
        [
            "`usermod -s /usr/sbin/nologin ftp`",
            "`usermod -s /usr/sbin/nologin ftp`",
        ],
    ),
    low(
        56,
        ["FTP 서비스 접근 제어 설정", "Who may connect to FTP"],
        [
            "정해진 곳에서만 닿으면 시도 자체가 줄어듭니다.",
            "Fewer try where only known hosts can reach.",
        ],
        [
            "방화벽이나 서버의 설정(proftpd의 <Limit LOGIN>, vsftpd의 tcp_wrappers)으로 허용할 주소를 적습니다.",
            "Name the allowed addresses in the firewall or the server (proftpd's <Limit LOGIN>, vsftpd's tcp_wrappers).",
        ],
    ),
    medium(
        57,
        ["Ftpusers 파일 설정", "root may not use FTP"],
        [
            "root의 비밀번호가 FTP로 오가면 시스템 전체가 드러납니다.",
            "root's password on FTP gives the whole system away.",
        ],
        [
            "ftpusers(또는 user_list)에 root를 적고, proftpd는 RootLogin off로 둡니다.",
            "Name root in ftpusers (or user_list); RootLogin off in proftpd.",
        ],
    ),
    medium(
        58,
        ["불필요한 SNMP 서비스 구동 점검", "No SNMP unless needed"],
        [
            "SNMP는 시스템의 구성을 자세히 말해 줍니다.",
            "SNMP tells much of how a system is built.",
        ],
        [
            "쓰지 않으면 snmpd를 끄고, 쓰면 까닭을 적습니다.",
            "Switch snmpd off, or write down why it is needed.",
        ],
    ),
    high(
        59,
        ["안전한 SNMP 버전 사용", "SNMP version 3"],
        [
            "1과 2c는 커뮤니티 문자열을 그대로 보냅니다.",
            "Versions 1 and 2c send the community in the clear.",
        ],
        [
            "rocommunity/rwcommunity/com2sec을 지우고 v3 사용자(authPriv)만 둡니다.",
            "Remove rocommunity, rwcommunity and com2sec; keep version 3 users with authPriv.",
        ],
    ),
    medium(
        60,
        [
            "SNMP Community String 복잡성 설정",
            "SNMP communities that cannot be guessed",
        ],
        [
            "public 같은 이름은 가장 먼저 시도됩니다.",
            "Names such as public are tried first.",
        ],
        [
            "영문과 숫자 10자 이상, 또는 특수문자까지 8자 이상으로 바꿉니다.",
            "At least 10 letters and digits, or 8 with signs too.",
        ],
    ),
    high(
        61,
        ["SNMP Access Control 설정", "Who may ask SNMP"],
        [
            "주소를 제한하지 않으면 누구나 물어볼 수 있습니다.",
            "Without a list of addresses anybody may ask.",
        ],
        [
            "커뮤니티마다 허용할 주소를 적습니다(`rocommunity 이름 10.0.0.5`).",
            "Name the allowed source with each community (`rocommunity NAME 10.0.0.5`).",
        ],
    ),
    low(
        62,
        ["로그인 시 경고 메시지 설정", "A warning at login"],
        [
            "허가받은 사람만 쓴다는 알림은 무단 접속의 책임을 묻는 바탕이 됩니다.",
            "A notice that only authorised people may enter is a ground to act on.",
        ],
        [
            "/etc/issue, /etc/issue.net, /etc/motd에 경고를 쓰고 sshd의 Banner와 쓰는 서비스의 배너에 걸되, 제품과 버전은 적지 않습니다.",
            "Write a warning into /etc/issue, /etc/issue.net and /etc/motd, use it as sshd's Banner and in services, without product and version.",
        ],
    ),
    medium(
        63,
        ["sudo 명령어 접근 관리", "Permissions of sudo's settings"],
        [
            "sudoers를 고치는 사람이 관리자입니다.",
            "Whoever writes sudoers is the administrator.",
        ],
        [
            "`chown root /etc/sudoers; chmod 440 /etc/sudoers`, sudoers.d의 파일도 같습니다.",
            "`chown root /etc/sudoers; chmod 440 /etc/sudoers`, and likewise in sudoers.d.",
        ],
    ),
];
