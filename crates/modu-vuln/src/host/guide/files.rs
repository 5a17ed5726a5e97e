//! U-14 to U-33: files and folders.

use super::{Item, high, low, medium};

pub(super) const ITEMS: &[Item] = &[
    high(
        14,
        [
            "root 홈, 패스 디렉터리 권한 및 패스 설정",
            "root's home and search path",
        ],
        [
            "검색 경로에 현재 폴더나 남이 쓸 수 있는 폴더가 있으면 root가 남의 프로그램을 실행합니다.",
            "With the current folder, or one that others write, in the search path root runs other people's programs.",
        ],
        [
            "PATH에서 `.`과 빈 칸을 빼고, 경로의 폴더와 root의 홈을 root만 쓸 수 있게 합니다.",
            "Take `.` and empty parts out of PATH, and let only root write its folders and root's home.",
        ],
    ),
    high(
        15,
        ["파일 및 디렉터리 소유자 설정", "Files without owner"],
        [
            "주인 없는 파일은 나중에 그 번호를 받는 계정의 것이 됩니다.",
            "A file without owner becomes that of the next account with its number.",
        ],
        [
            "쓰임을 확인해 `chown`으로 주인을 주거나 지웁니다.",
            "Find out what it is for, then give it an owner with `chown` or delete it.",
        ],
    ),
    high(
        16,
        [
            "/etc/passwd 파일 소유자 및 권한 설정",
            "Owner and permissions of /etc/passwd",
        ],
        [
            "이 파일을 쓸 수 있으면 누구든 관리자 계정을 만들 수 있습니다.",
            "Whoever writes it can make themselves administrator.",
        ],
        [
            "`chown root /etc/passwd; chmod 644 /etc/passwd`",
            "`chown root /etc/passwd; chmod 644 /etc/passwd`",
        ],
    ),
    high(
        17,
        [
            "시스템 시작 스크립트 권한 설정",
            "Permissions of start scripts and units",
        ],
        [
            "시작할 때 root로 실행되는 것을 남이 고칠 수 있으면 다음 시작은 남의 것입니다.",
            "What runs as root at start and can be changed by others makes the next start theirs.",
        ],
        [
            "시작 스크립트와 유닛 파일의 소유자를 root로 하고 다른 사용자의 쓰기 권한을 뺍니다(`chmod o-w`).",
            "Let root own start scripts and units, and take away others' write permission (`chmod o-w`).",
        ],
    ),
    high(
        18,
        [
            "/etc/shadow 파일 소유자 및 권한 설정",
            "Owner and permissions of /etc/shadow",
        ],
        [
            "해시를 읽은 사람은 밖에서 마음껏 맞혀 볼 수 있습니다.",
            "Whoever reads the hashes can guess at leisure elsewhere.",
        ],
        [
            "`chown root /etc/shadow; chmod 400 /etc/shadow`. 배포판이 shadow 그룹에 기대는 프로그램이 있으면 먼저 시험하고, 그대로 두려면 까닭을 적습니다.",
            "`chown root /etc/shadow; chmod 400 /etc/shadow`. Where programs rely on group shadow, test first, or write down why it stays.",
        ],
    ),
    high(
        19,
        [
            "/etc/hosts 파일 소유자 및 권한 설정",
            "Owner and permissions of /etc/hosts",
        ],
        [
            "이름과 주소의 짝을 바꾸면 접속을 가짜 서버로 돌릴 수 있습니다.",
            "Changed names lead connections to a false server.",
        ],
        [
            "`chown root /etc/hosts; chmod 644 /etc/hosts`",
            "`chown root /etc/hosts; chmod 644 /etc/hosts`",
        ],
    ),
    high(
        20,
        [
            "/etc/(x)inetd.conf 파일 소유자 및 권한 설정",
            "Owner and permissions of the super-server's settings",
        ],
        [
            "여기에 한 줄을 더하면 root로 도는 서비스가 하나 생깁니다.",
            "One more line there is one more service that runs as root.",
        ],
        [
            "inetd.conf, xinetd.conf, xinetd.d의 파일을 root 소유, 600으로 합니다. systemd만 쓰면 /etc/systemd의 설정 파일을 root만 쓰게 합니다.",
            "Let root own inetd.conf, xinetd.conf and the files of xinetd.d with mode 600; with systemd alone let only root write the files of /etc/systemd.",
        ],
    ),
    high(
        21,
        [
            "/etc/(r)syslog.conf 파일 소유자 및 권한 설정",
            "Owner and permissions of the log's settings",
        ],
        [
            "설정을 고치면 흔적을 남기지 않게 할 수 있습니다.",
            "Whoever changes them can keep traces from being made.",
        ],
        [
            "`chown root /etc/rsyslog.conf; chmod 640 /etc/rsyslog.conf`, rsyslog.d의 파일도 같습니다.",
            "`chown root /etc/rsyslog.conf; chmod 640 /etc/rsyslog.conf`, and likewise in rsyslog.d.",
        ],
    ),
    high(
        22,
        [
            "/etc/services 파일 소유자 및 권한 설정",
            "Owner and permissions of /etc/services",
        ],
        [
            "포트 이름을 바꾸면 이름으로 적은 규칙과 서비스가 다른 포트를 가리킵니다.",
            "Changed names of ports make rules and services mean other ports.",
        ],
        [
            "`chown root /etc/services; chmod 644 /etc/services`",
            "`chown root /etc/services; chmod 644 /etc/services`",
        ],
    ),
    high(
        23,
        ["SUID, SGID, Sticky bit 설정 파일 점검", "Set-id programs"],
        [
            "set-id 프로그램의 흠 하나는 그 소유자의 권한이 됩니다.",
            "One fault of a set-id program is its owner's power.",
        ],
        [
            "목록을 보고 필요 없는 것의 비트를 뺍니다(`chmod -s`). 패키지가 다시 켜지 않도록 배포판의 방법(dpkg-statoverride 등)도 씁니다.",
            "Go through the list and take the bit away where it is not needed (`chmod -s`), by the distribution's means (such as dpkg-statoverride) so that updates keep it.",
        ],
    ),
    high(
        24,
        [
            "사용자, 시스템 환경변수 파일 소유자 및 권한 설정",
            "Owner and permissions of start files of shells",
        ],
        [
            "남의 시작 파일을 고치면 그 사람이 로그인할 때 명령이 실행됩니다.",
            "A changed start file runs its commands when its owner logs in.",
        ],
        [
            "파일의 소유자를 root나 그 계정으로 하고 그룹과 다른 사용자의 쓰기 권한을 뺍니다.",
            "Let root or the account own the file, and take away the write permission of group and others.",
        ],
    ),
    high(
        25,
        ["world writable 파일 점검", "Files that everybody may write"],
        [
            "누구나 고칠 수 있는 파일은 누구의 것도 아닙니다.",
            "What everybody may change can be trusted by nobody.",
        ],
        [
            "`chmod o-w`로 권한을 빼고, 꼭 필요한 것은 까닭을 적어 둡니다.",
            "Take the permission away (`chmod o-w`), and write down why where it must stay.",
        ],
    ),
    high(
        26,
        [
            "/dev에 존재하지 않는 device 파일 점검",
            "Plain files in /dev",
        ],
        [
            "/dev는 눈에 띄지 않아 파일을 숨기기 좋은 곳입니다.",
            "Nobody looks into /dev, so it is a good place to hide.",
        ],
        [
            "장치가 아닌 파일은 정체를 확인하고 지웁니다.",
            "Find out what plain files there are, and delete them.",
        ],
    ),
    high(
        27,
        [
            "$HOME/.rhosts, hosts.equiv 사용 금지",
            "No .rhosts and hosts.equiv",
        ],
        [
            "이 파일에 적힌 곳에서는 비밀번호 없이 들어옵니다.",
            "Hosts that these files name come in without a password.",
        ],
        [
            "파일을 지웁니다. r 계열 서비스를 꼭 써야 하면 소유자와 600 권한을 지키고 `+`를 없앱니다.",
            "Delete the files. Where r-services must stay: owner only, mode 600, and no `+`.",
        ],
    ),
    high(
        28,
        [
            "접속 IP 및 포트 제한",
            "Which addresses and ports may connect",
        ],
        [
            "어디서나 닿는 포트는 누구나 두드립니다.",
            "A port that can be reached from everywhere is tried by everybody.",
        ],
        [
            "방화벽(nftables, iptables, firewalld)의 입력 기본값을 거부로 하고 필요한 주소와 포트만 엽니다.",
            "Make the firewall (nftables, iptables, firewalld) refuse by default and open only needed addresses and ports.",
        ],
    ),
    low(
        29,
        [
            "hosts.lpd 파일 소유자 및 권한 설정",
            "Owner and permissions of hosts.lpd",
        ],
        [
            "이 파일은 인쇄를 맡길 수 있는 호스트를 정합니다.",
            "It says which hosts may print here.",
        ],
        [
            "쓰지 않으면 지우고, 쓰면 root 소유에 600으로 합니다.",
            "Delete it if unused; else let root own it with mode 600.",
        ],
    ),
    medium(
        30,
        ["UMASK 설정 관리", "Mask of new files"],
        [
            "마스크가 느슨하면 새 파일을 남이 고칠 수 있습니다.",
            "A lax mask lets others change new files.",
        ],
        [
            "/etc/profile과 login.defs에 022(또는 027)를 두고 더 느슨한 값을 지웁니다.",
            "Set 022 (or 027) in /etc/profile and login.defs, and remove laxer values.",
        ],
    ),
    medium(
        31,
        [
            "홈 디렉토리 소유자 및 권한 설정",
            "Owner and permissions of homes",
        ],
        [
            "홈을 남이 쓸 수 있으면 시작 파일과 열쇠를 바꿀 수 있습니다.",
            "Whoever writes a home changes its start files and keys.",
        ],
        [
            "홈의 소유자를 그 계정으로 하고 다른 사용자의 쓰기 권한을 뺍니다.",
            "Let the account own its home, and take away others' write permission.",
        ],
    ),
    medium(
        32,
        [
            "홈 디렉토리로 지정한 디렉토리의 존재 관리",
            "Homes that exist",
        ],
        [
            "홈이 없으면 로그인한 사람은 `/`에서 시작하고, 나중에 그 자리를 누가 만들 수 있습니다.",
            "Without a home a login starts in `/`, and somebody else may make the folder later.",
        ],
        [
            "홈을 만들어 주거나, 쓰지 않는 계정이면 지웁니다.",
            "Make the home, or delete the account if nobody uses it.",
        ],
    ),
    low(
        33,
        [
            "숨겨진 파일 및 디렉토리 검색 및 제거",
            "Hidden files in unusual places",
        ],
        [
            "침입한 사람은 점으로 시작하는 이름에 도구를 숨깁니다.",
            "Intruders hide tools behind names that start with a dot.",
        ],
        [
            "목록의 파일이 무엇인지 확인하고 의심스러운 것은 보존한 뒤 지웁니다.",
            "Find out what the listed files are; keep a copy of suspicious ones, then delete them.",
        ],
    ),
];
