import { fake, HEX } from './fake.ts';

/** A text with a secret, and what is secret in it. */
export interface Spelling {
  readonly text: string;
  readonly secrets: readonly string[];
  /** What stands behind the secret and has to stay. */
  readonly behind: string;
}

/**
 * One text a line, the secret between « and ». `⏎` stands for a line end, `§` for `$` before a brace, `‵` for a backtick;
 * `{mix32}`, `{hex40}`, `{low20}` and `{uuid}` for random characters, so that no scanner takes this file for a leak.
 */
export function readLines(lines: string): string[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line
        .replaceAll('⏎', '\n')
        .replaceAll('§', '$')
        .replaceAll('‵', '`')
        .replace(/\{(mix|hex|low)(\d+)\}/g, (_, kind, length) => random(kind, Number(length)))
        .replaceAll('{uuid}', [8, 4, 4, 4, 12].map((length) => fake(length, HEX)).join('-')),
    );
}

function random(kind: string, length: number): string {
  if (kind === 'hex') return fake(length, HEX);
  return kind === 'low' ? fake(length, 'abcdefghijklmnopqrstuvwxyz0123456789') : fake(length);
}

/** A line with its secrets between « and ». */
export function toSpelling(line: string): Spelling {
  return {
    text: line.replace(/[«»]/g, ''),
    secrets: Array.from(line.matchAll(/«([^»]*)»/g), (match) => match[1] ?? ''),
    behind: line.slice(line.lastIndexOf('»') + 1),
  };
}

/** What is still to be read of a secret: the first piece of five characters (or of all, if it has fewer). */
export function pieceLeft(redacted: string, secret: string): string | undefined {
  const size = Math.min(5, secret.length);
  for (let at = 0; at + size <= secret.length; at += 1) {
    const piece = secret.slice(at, at + size);
    if (redacted.includes(piece)) return piece;
  }
  return undefined;
}

/** The spellings the finders were written with. */
export const SPELLINGS: readonly Spelling[] = readLines(String.raw`
curl -su admin:«hunter2» https://example.org
curl -uadmin:«hunter2» https://example.org
curl -u :«{mix40}» https://example.org
curl -u «{mix40}»: https://example.org
curl -sSfLu bob:«hunter2» -o out.tgz https://example.org/a.tgz
curl -sSuadmin:«hunter2» https://example.org
curl -X POST --user bob:«hunter2» https://example.org
curl --user=bob:«hunter2» https://example.org
curl --user "bob:«hun ter2»" https://example.org
curl --user 'bob@example.org:«hunter2»' https://jira.example.org/rest
curl -U proxy:«hunter2» -x proxy:3128 https://example.org
curl --proxy-user proxy:«hunter2» https://example.org
curl -H "X-Api-Key: «hunter2»" https://example.org
curl -H'X-Auth-Token: «hunter2»' https://example.org
curl --header "X-Vault-Token: «hunter2»" https://example.org
curl -d 'user=bob&password=«hunter2»&go=1' https://example.org
curl --data-urlencode 'password=«correct horse battery»' https://example.org
curl -d '{"user":"bob","password":"«hunter2»"}' https://example.org
curl -d "{\"password\":\"«hun'ter2»\"}" https://example.org
curl --oauth2-bearer «hunter2» https://example.org
curl -F password=«hunter2» https://example.org
curl "https://bob:«hunter2»@example.org/a"
curl ftp://bob:«hunter2»@example.org/a
curl 'https://example.org/a?access_token=«hunter2»&b=1'
wget --user=bob --password='«hunter2»' https://example.org/a
wget --http-user bob --http-password «hunter2» https://example.org/a
http -a bob:«hunter2» example.org
https --auth bob:«hunter2» example.org/api
http POST example.org password=«hunter2» user=bob
ab -A bob:«hunter2» https://example.org/
mysql -uroot -p«hunter2» shop
mysql -u root -p«hunter2» shop
mysql -u root --password=«hunter2» shop
mysql --user=root --password="«hunter2»" -e 'show tables'
mysqldump -h db -u root -p'«hun ter2»' shop
mariadb -uroot -p«swordfish» shop
docker exec -i db mysql -uroot -p«hunter2» shop
docker exec db sh -c 'mysql -uroot -p«hunter2» shop'
docker exec db bash -c "mysqladmin -u root -p«hunter2» status"
ssh bob@db "mysql -uroot -p«hunter2» -e 'show tables'"
kubectl exec -it db-0 -- mysql -uroot -p«hunter2» shop
mysqladmin -u root password «hunter2»
mongosh -u app -p «hunter2» shop
mongo --username app --password «hunter2» shop
mongodump -u app -p "«hunter2»" --db shop
kubectl exec db-0 -- mongosh -u app -p «hunter2» shop
docker exec -u root db mongosh -u app -p «hunter2» shop
mongosh "mongodb://app:«hunter2»@db:27017/shop"
psql "host=db user=app password=«hunter2» dbname=shop"
psql postgres://app:«p@ss/w0rd»@db:5432/shop
psql 'postgresql://app:«p:ss@w0rd»@db/shop'
psql "postgres://app:«p'ss1word»@db/shop"
psql -c "ALTER USER bob WITH PASSWORD '«hunter2»'"
psql -c "CREATE ROLE bob LOGIN ENCRYPTED PASSWORD '«hun''ter2»' VALID UNTIL '2027-01-01'"
psql -c 'ALTER USER bob PASSWORD '\''«hunter2»'\'''
mysql -e "CREATE USER 'bob'@'%' IDENTIFIED BY '«hunter2»'"
mysql -e "ALTER USER root IDENTIFIED WITH mysql_native_password BY '«hunter2»'; FLUSH PRIVILEGES"
SET PASSWORD FOR 'bob'@'localhost' = PASSWORD('«hunter2»');
ALTER LOGIN sa WITH PASSWORD = N'«hunter2»';
CREATE LOGIN bob WITH PASSWORD='«Pa;ss12»', CHECK_POLICY=OFF
alter user bob identified by «hunter2» account unlock
GRANT ALL ON shop.* TO 'bob'@'%' IDENTIFIED BY "«hunter2»";
PGPASSWORD=«hunter2» psql -h db -U app shop
PGPASSWORD="«hunter2»" pg_dump shop > shop.sql
DB_PASSWORD=«ab,cd12» ./run
PASSWORD='«it'\''s3cret»' ./run
PASSWORD=$'«it\'s3cret»' ./run
PASSWORD="«it's3cret»" ./run
PASSWORD=«hun\ ter2» ./run
PASSWORD=«hun"ter 2"x» ./run
env DB_PASSWORD=«hunter2» node app.js
sudo DB_PASSWORD=«hunter2» node app.js
export DB_PASSWORD=«hunter2»; node app.js
export "DB_PASSWORD=«hunter 2»" && node app.js
docker run -e DB_PASSWORD=«hunter2» -d app
docker run -eDB_PASSWORD=«hunter2» -d app
docker run --env MYSQL_ROOT_PASSWORD="«hunter2»" mysql:8
docker build --build-arg NPM_TOKEN=«hunter2» .
docker compose run -e API_KEY=«hunter2» web
docker login -u bob -p «hunter2» ghcr.io
docker login ghcr.io -u bob -p «hunter2»
docker login --username bob --password «hunter2»
podman login -u=bob -p=«hunter2» quay.io
echo «hunter2» | docker login -u bob --password-stdin
echo -n "«hunter2»" | docker login ghcr.io -u bob --password-stdin
echo «hunter2» | sudo -kS id
echo «hunter2» | sudo -S id
echo '«hunter2»' | sudo -S -k id
echo "«hunter2»" | sudo --stdin id
printf "%s" «hunter2» | sudo -S id
printf '%s\n' "«hunter2»" | sudo -S id
printf '«hunter2\n»' | sudo -S id
echo «hunter2» | tr -d '\n' | sudo -S id
echo "bob:«hunter2»" | chpasswd
(echo «hunter2»; echo «hunter2») | passwd bob
echo -e "«hunter2»\n«hunter2»" | passwd bob
echo «hunter2» | kinit bob@EXAMPLE.ORG
echo «hunter2» | gpg --batch --passphrase-fd 0 -d a.gpg
echo «hunter2» | cryptsetup luksOpen /dev/sda2 data
echo «hunter2» | gh secret set DB_PASS
cat <<EOF | sudo -S id⏎«hunter2»⏎EOF
sudo -S id <<EOF⏎«hunter2»⏎EOF
sudo -S id <<< "«hunter2»"
docker login -u bob --password-stdin <<'END'⏎«hunter2»⏎END⏎docker pull app
sshpass -p «hunter2» ssh bob@host
sshpass -p'«hunter2»' scp a bob@host:
SSHPASS=«hunter2» sshpass -e ssh bob@host
keytool -list -keystore a.jks -storepass «hunter2»
keytool -genkeypair -alias a -keystore a.jks -storepass «hunter2» -keypass «changeit»
keytool -importkeystore -srcstorepass «hunter2» -srckeystore a.jks
jarsigner -keystore a.jks -storepass «hunter2» a.jar alias
openssl pkcs12 -export -passout pass:«hunter2» -out a.p12
openssl enc -aes-256-cbc -pass pass:«hunter2» -in a
openssl enc -aes-256-cbc -k «hunter2» -in a
nmcli dev wifi connect HomeNet password «hunter2»
nmcli con modify home wifi-sec.psk «hunter2»
nmcli con modify home wifi-sec.psk "«hunter 2»"
wpa_passphrase HomeNet «hunter2»
machine h login bob password «hunter2»
machine api.example.org⏎login bob⏎password «hunter2»
ldapsearch -x -D "cn=admin,dc=example,dc=org" -w «hunter2» -b dc=example
ldapsearch -x -D cn=admin -w«hunter2» -b dc=example
sqlcmd -S db -U sa -P «hunter2» -Q "select 1"
sqlcmd -S db -U sa -P«hunter2»
bcp shop out a.csv -S db -U sa -P '«Pa;ss12»'
redis-cli -a «hunter2» ping
redis-cli -u redis://:«hunter2»@cache:6379
redis-cli AUTH «hunter2»
redis-cli CONFIG SET requirepass «hunter2»
mosquitto_pub -u bob -P «hunter2» -t a -m b
rabbitmqctl add_user bob «hunter2»
rabbitmqadmin -u bob -p «hunter2» list queues
cqlsh -u cassandra -p «hunter2» db
influx -username bob -password «hunter2» -execute 'show databases'
plink -ssh -l root -pw «hunter2» host
xfreerdp /u:bob /p:«hunter2» /v:host
net user bob «hunter2» /add
net use \\host\share «hunter2» /user:bob
smbclient //host/share -U bob%«hunter2»
smbclient //host/share -U 'DOM\bob%«hunter2»'
mount -t cifs //h/s /mnt -o username=bob,password=«hunter2»,vers=3.0
mount -t cifs //h/s /mnt -o user=bob,pass=«hunter2»
unzip -P «hunter2» a.zip
7z a -p«hunter2» a.7z dir
zip -e -P «hunter2» a.zip a
rar a -hp«hunter2» a.rar dir
svn co --username bob --password «hunter2» https://example.org/svn
ansible-playbook site.yml -e ansible_become_pass=«hunter2»
ansible-playbook site.yml --extra-vars "db_password=«hunter2» env=prod"
helm install a ./chart --set db.password=«hunter2» --wait
helm upgrade a ./chart --set 'auth.rootPassword=«ab,cd12»'
terraform apply -var db_password=«hunter2» -auto-approve
terraform apply -var="db_password=«hunter2»"
TF_VAR_db_password=«hunter2» terraform plan
mvn deploy -Dgpg.passphrase=«hunter2» -B
java -Dspring.datasource.password=«hunter2» -jar app.jar
java -jar app.jar --spring.datasource.password=«hunter2»
gradle publish -PossrhPassword=«hunter2»
kubectl create secret generic db --from-literal=password=«hunter2»
kubectl create secret generic db --from-literal=foo=«hunter2» -n shop
kubectl create secret docker-registry r --docker-username=bob --docker-password=«hunter2»
vault kv put secret/db value=«hunter2»
vault login «s.{mix24}»
vault write auth/userpass/login/bob password=«hunter2»
gh secret set DB_PASSWORD --body «hunter2»
gh secret set DB -b"«hunter2»"
fly secrets set STRIPE=«hunter2» -a shop
aws secretsmanager create-secret --name db --secret-string «hunter2»
aws ssm put-parameter --name /db --type SecureString --value «hunter2»
az keyvault secret set --vault-name v --name n --value «hunter2»
az login -u bob -p «hunter2»
az login --service-principal -u app -p «hunter2» --tenant t
aws configure set aws_secret_access_key «{mix40}»
git config --global github.token «hunter2»
git clone https://bob:«hunter2»@example.org/a.git
git -c http.extraHeader="Authorization: Bearer «hunter2»" clone https://example.org/a
npm config set //registry.example.org/:_authToken «hunter2»
npm config set //registry.example.org/:_password=«hunter2»
//registry.example.org/:_authToken=«hunter2»
setenv DB_PASSWORD «hunter2»
set -gx DB_PASSWORD «hunter2»
setx API_TOKEN «hunter2»
$env:DB_PASSWORD = '«hunter2»'
$pw = ConvertTo-SecureString "«hunter2»" -AsPlainText -Force
expect -c 'spawn ssh h; expect "password:"; send "«hunter2»\r"; interact'
password: «hunter2»
password: «ab,cd12»
password: «it's3cret»⏎user: bob
db:⏎  user: app⏎  password: «correct horse battery»⏎  host: db
- name: DB_PASSWORD⏎  value: «hunter2»
{"name":"DB_PASSWORD","value":"«hunter2»"}
{"password": "«hun\"ter2»", "user": "bob"}
{'password': '«hunter2»', 'user': 'bob'}
<password>«hunter2»</password>
<add key="DbPassword" value="«hunter2»" />
[db]⏎password = «hunter2»⏎user = app
password = "«it's3cret»"
Server=db;User Id=sa;Password=«hunter2»;Encrypt=yes
Server=db;Uid=sa;Pwd={«Pa;ss12»};Encrypt=yes
Pwd={«Pa;ss12»}
"Server=db;Password='«Pa;ss12»';Encrypt=yes"
jdbc:mysql://db/shop?user=app&password=«hunter2»&useSSL=true
sqlplus bob/«hunter2»@db
amqp://guest:«gu/est1»@mq:5672/%2f
redis://default:«p#ss?w0rd»@cache:6379/0
HTTPS_PROXY=http://bob:«hunter2»@proxy:3128 curl https://example.org
psexec.py bob:«hunter2»@10.0.0.5
["mysql","-uroot","-p«hunter2»","shop"]
CMD ["mongosh", "-u", "app", "-p", "«hunter2»", "shop"]
subprocess.run(["curl", "-u", "bob:«hunter2»", url])
os.environ["DB_PASSWORD"] = "«hunter2»"
client.setPassword("«hunter2»")
headers.set("X-Api-Key", "«hunter2»")
db:5432:shop:app:«hunter2»
jdbc:oracle:thin:bob/«hunter2»@db:1521:x
sudo -S id < <(echo «hunter2»)
echo «hunter2» | su bob -c id
The password is «hunter2» now
username bob password 7 «hunter2»
echo "«hunter2»" | argon2 salt
getTGT.py example.org/bob:«hunter2»
smbclient.py example.org/bob:«hunter2»@target
mupdf -p «Qzx7hunter2» a.pdf
tasklist /s host /u bob /p «hunter2»
imapsync --user1 bob --password1 «hunter2» --host2 b
see «e2b_{hex40}» for it
see «fc-{hex32}» for it
see «CFPAT-{mix43}» for it
see «tvly-dev-{mix32}» for it
see «sk-lf-{uuid}» for it
see «nvapi-{mix64}» for it
see «pcsk_{mix70}» for it
see «lsv2_pt_{hex32}_{hex10}» for it
see «sbp_{hex40}» for it
`).map(toSpelling);

/** Written before the finders and never looked at while they were: only the rates are. */
export const HELD_BACK_SPELLINGS: readonly Spelling[] = readLines(String.raw`
curl -ksu root:«s3cr3t!» https://10.0.0.1/api | jq .
curl -vuadmin:«Tr0ub4dor» https://example.org
curl --silent --user ci-bot:«T0p-Secret» https://nexus.example.org/a.jar -O
curl -u «{low32}»: https://api.example.org/v1/charges
curl -XPUT -u"elastic:«changeme1»" localhost:9200/idx
curl -H "apikey: «hunter2abc»" -H "Accept: */*" https://example.org
curl -H 'Authorization: Token «hunter2abc»' https://example.org
curl -H "Authorization: «hunter2abc»" https://example.org
curl --data 'grant_type=password&username=bob&password=«s3cr3t!x»' https://example.org/token
curl -d client_secret=«s3cr3txyz» -d client_id=web https://example.org/token
curl --json '{"api_key": "«s3cr3txyz»"}' https://example.org
curl 'https://example.org/?apikey=«s3cr3txyz»&q=a'
wget --header="Authorization: Bearer «s3cr3txyz»" https://example.org/a
wget --proxy-user=bob --proxy-password=«s3cr3txyz» https://example.org/a
xh --auth bob:«s3cr3txyz» get example.org
nice -n 5 mysqldump -uroot -p«s3cr3txyz» shop | gzip > a.gz
time mysql -h127.0.0.1 -P3306 -uroot -p"«s3cr3t xyz»" shop < a.sql
sudo -u postgres psql -c "ALTER ROLE app PASSWORD '«s3cr3txyz»'"
sudo mysql -e "SET PASSWORD FOR bob = '«s3cr3txyz»'"
echo "ALTER USER app IDENTIFIED BY '«s3cr3txyz»';" | mysql -uroot
psql <<SQL⏎ALTER USER app WITH PASSWORD '«s3cr3txyz»';⏎SQL
CREATE USER app WITH LOGIN PASSWORD '«o''neil99»' NOSUPERUSER
CREATE DATABASE LINK l CONNECT TO bob IDENTIFIED BY "«s3cr3txyz»" USING 'db'
mongorestore --uri="mongodb+srv://app:«s3/cr@3t»@c.example.org/shop"
mongoexport --host db -u app -p '«s3cr3t$x»' -d shop -c orders
mongosh --host db --username app -p «s3cr3txyz» --eval 'db.stats()'
arangosh --server.password «s3cr3txyz» --server.database shop
clickhouse-client --user bob --password «s3cr3txyz» -q 'select 1'
cypher-shell -u neo4j -p «s3cr3txyz» "match (n) return n"
snowsql -a acc -u bob --private-key-passphrase «s3cr3txyz»
impala-shell -l -u bob --ldap_password_cmd="echo -n «s3cr3txyz»"
hive -u jdbc:hive2://h:10000 -n bob -p «s3cr3txyz»
isql -U sa -P «s3cr3txyz» -S db
evil-winrm -i 10.0.0.5 -u bob -p '«s3cr3t xyz»'
crackmapexec smb 10.0.0.0/24 -u bob -p «s3cr3txyz» --shares
rdesktop -u bob -p «s3cr3txyz» host
lftp -u bob,«s3cr3txyz» sftp://host
ncftpput -u bob -p «s3cr3txyz» host /dir a.txt
lftp -e 'open -u bob,«s3cr3txyz» host; ls'
ipmitool -I lanplus -H 10.0.0.9 -U ADMIN -P «s3cr3txyz» power status
snmpwalk -v3 -u bob -l authPriv -a SHA -A «s3cr3txyz» -x AES 10.0.0.1
hydra -l admin -p «s3cr3txyz» ssh://10.0.0.1
tsm login -u bob -p «s3cr3txyz»
oc login -u bob -p «s3cr3txyz» https://api.example.org:6443
oc login --token=«sha256~{mix43}» --server=https://api.example.org
argocd login cd.example.org --username admin --password «s3cr3txyz»
cf login -a https://api.example.org -u bob -p «s3cr3txyz» -o org
helm repo add r https://example.org --username bob --password «s3cr3txyz»
skopeo copy --src-creds bob:«s3cr3txyz» docker://a docker://b
skopeo inspect --creds=bob:«s3cr3txyz» docker://example.org/a
crane auth login example.org -u bob -p «s3cr3txyz»
buildah login -u bob -p «s3cr3txyz» example.org
echo "«s3cr3txyz»" | helm registry login example.org -u bob --password-stdin
printf %s '«s3cr3txyz»' | podman login -u bob --password-stdin quay.io
echo "«s3cr3txyz»" | sudo -Sk apt-get update
echo '«s3cr3txyz»' | sudo -p '' -S systemctl restart nginx
yes «s3cr3txyz» | sudo -S true
printf 'root:%s' «s3cr3txyz» | chpasswd
echo root:«s3cr3txyz» | sudo chpasswd && reboot
{ echo «s3cr3txyz»; echo «s3cr3txyz»; } | smbpasswd -s -a bob
echo «s3cr3txyz» | openssl rsa -passin stdin -in k.pem
sudo -S ls <<<«s3cr3txyz»
sudo -kS -- ls /root <<'X'⏎«s3cr3txyz»⏎X⏎echo done
bash -lc 'echo «s3cr3txyz» | sudo -S id'
ssh h "echo '«s3cr3txyz»' | sudo -S reboot"
ssh -t h 'DB_PASSWORD=«s3cr3txyz» ./run.sh'
su - bob -c "PGPASSWORD=«s3cr3txyz» psql shop"
API_TOKEN="«a b'c d12»" node x.js
SECRET_KEY='«x#y(z)w9»' python manage.py migrate
DB_PASS="«qu\"ote99»" ./run
export ADMIN_PASSWORD=«p&ss»
JWT_SECRET=«a:b,c/d=9» npm start
docker run --rm -e POSTGRES_PASSWORD='«s3cr3t xyz»' -p 5432:5432 postgres:16
docker service create --env APP_SECRET=«s3cr3txyz» app
kubectl set env deploy/app DB_PASSWORD=«s3cr3txyz»
kubectl create secret generic api --from-literal token=«s3cr3txyz»
heroku config:set SECRET_TOKEN=«s3cr3txyz» -a shop
vercel env add API_KEY production <<< «s3cr3txyz»
doppler secrets set API=«s3cr3txyz»
pulumi config set --secret dbPassword «s3cr3txyz»
consul kv put -token=«s3cr3txyz» a b
nomad job run -vault-token «s3cr3txyz» a.hcl
keytool -importcert -file a.crt -keystore cacerts -storepass «changeit1» -noprompt
java -Djavax.net.ssl.keyStorePassword=«s3cr3txyz» -jar a.jar
gpg --batch --passphrase «s3cr3txyz» -c a.txt
ssh-keygen -t ed25519 -N '«s3cr3t xyz»' -f id
restic -r repo --password-command 'echo «s3cr3txyz»' backup .
wpa_cli set_network 0 psk '"«s3cr3txyz»"'
network={⏎  ssid="home"⏎  psk="«s3cr3t xyz»"⏎}
machine h⏎  login bob⏎  password «p@ss,w0rd»⏎
db.example.org:5432:shop:app:«s3cr3txyz»
spring:⏎  datasource:⏎    password: «p@ss:w0rd#1»⏎    username: app
auth_token: "«s3cr3t: xyz»"
{"db":{"pass":"«a,b}c12»"}}
{\"clientSecret\":\"«s3cr3txyz»\",\"id\":1}
<DbPassword encrypted="false">«s3cr3txyz»</DbPassword>
Data Source=db;User ID=sa;Password="«a;b=c12»";Timeout=5
DefaultEndpointsProtocol=https;AccountName=a;AccountKey=«{mix86}==»;EndpointSuffix=core
mssql://sa:«P@ss/w0rd»@db:1433/shop?encrypt=true
smtp://bob:«s3cr3t@xyz»@mail.example.org:587
see «abc_live_{mix40}» for it
see «acme-prod-{mix48}» for it
see «zpka_{hex32}_{hex8}» for it
`).map(toSpelling);
