"""Associations as programs in use opened and answered them: whole PDUs, recorded on loopback.

DCMTK 3.6.7 and Orthanc 1.10.1; compressed, for they repeat themselves.
"""

import base64
import zlib
from collections.abc import Mapping


def _unpack(packed: Mapping[str, str]) -> dict[str, bytes]:
    return {name: zlib.decompress(base64.b85decode(each)) for name, each in packed.items()}


REQUESTS = _unpack(
    {
        "echoscu_of_128_contexts": (
            "c-rmL@uy#990%~{T1h5rW=$sDBuP4*bHDeV@Aq5M=608B*4pl!OmbzCNs=T<k|arzB$*^hk|arHk|arz"
            "BuSDaNwSipl6Al9m$LiRAMk!X$Km+ApXVIj$7`yTsoxKksZzEtE$>}eylQ!2`tLQr+)e*;mH%0%m$JEQ"
            "W}4A#+jMQ)j+#N!O|I#(?#HQethA+U{P%{{aN8QgnbqN@6Nbn4t}&kMKI6pkY%|wZldhW7-!`Zwv(;p-"
            "n)KCVSWQONWL!)7Y6pF_gTC59U+ti;cF<Ql=&KzJ+qHjn<yBoXt`;z=7BH$7Fs_~%*UwZ-8&68xvR1PC"
            "T#veXG*gfM<6E=!Xs#ah^=Md+MicYvm}j2(DDx*X&ph){=1*asdFG?cpUOP*%tx7D&ph+YN0~p3dFGjq"
            "GQWX&=9!N&zma+7nU6BRiFxLkk21fRdFGjqGQWj+=9!N&e<t(HGaqGsEAz}VA7%b5=9y<c%KX{PGtYdK"
            "`E!_Op7|*A=Q7Vc^HJu{W1e~Dqs*VrJoC&)nZJN}=9!N&e<AbCGaqICBIcQAKFa*X%rnn?l=+T%=9!N&"
            "KVY7D=A+EdG0!~nQRautGtYdK`7!g%GaqICQs$XwKFa)M%rnn?l=;h<XP)^e^V^wcp7|*A^UO2Pe3bbG"
            "=9y<c%KVkgGtYdK`9<cLXFkgOPUe|sKFa(q=9y<c%KUETnP)!A{2u0+XFkgO67$S6A7y?Y^UO0JW&RrG"
            "nP)!A{C?({XFkgOwahcme3bd?m}j2(DDx}KGtYdK`Rkcyp7|*A2bgD``6%-@FwZ>mQRZ)Co_Xe@%pYW)"
            "dFG?c-^4ug%tx8OnR(`!k1~G?^UO0JW&T#?nP)!A{B6uL&wP~m+nHyc`6%;uFwZ>mQReSto_Xe@%-_X4"
            "^UOz?zngjHnU6Am5A)13A7%bt=9y<c%KUxIGtYdK`TLn?p7|*A4=~R>^HJs>WS)8Eqs%|VJoC&)nSYph"
            "=9!N&{|NKUGaqICQRbOvKFa)K%rnn?l=;V*XP)^e^G`6(Jo8cJpJbkS=A+CXVxD>Cqs%|WJoC&)nSYvj"
            "=9!N&{|xiYGaqICS>~B%KFa)a%rnn?l=<hGXP)^e^Di*ZJo8cJUu2$n=A+EN#60uNN11<_dFGjqGXDzm"
            "%rhTl{#E9gXFkgOYs@pxe3bdunP;B)DD#JzXP)^e^GBFxp7|*AZ!ph1^HJvCWS)8Eqs+g>JoC&)nSYyk"
            "=9!N&{|@uaGaqICUFMl*KFa)i%rnn?l==6WXP)^e^B*wJJo8cJKV+VH=A+Di#60uNN16YadFGjqGXDwl"
            "%rhTl{!`|eXFkgOXUsFte3bdmnP;B)DDz)1&ph){=D%c~dFG?cf5klW%tx93ntA4#k23!a^UO0JW&T^{"
            "nP)!A{CCVV&wP~m@0n+w`6%;0FwZ>mQRa^_&ph){=6_<IdFG?c|I9q|%tx93g?Z+gk23!&^UO0JW&Stj"
            "nP)!A{2$CS&wP~mKbdEq`6%<pm}j2(81q+`a><@jPAX+v*;~ri<4}iv(>BAILECn1GiWAv-wgMavSIg*"
            "9g9mVSIqBP-nla9hkpSfV?R^"
        ),
        "storescu": (
            "c-p0!acE6Z9LLW>k~C{cGh@<{<hu91xBK2RYg@Bvt+)H`+g*~hBuSDaNs=UKNs=T<k|arzBuSDaNs=T<"
            "k|arzBuR7Mo<A(U-{0wX-+FEDz5Dt0J-_q2zw<lit;QJBGGc0s=^Bj7J$(alPjmIr9ed4xKaB90Zp;kN"
            "@tu6ubv)N~^G?R`DnALitj3HQ*O;d97qliHXU8roB+pEzG4<mwsJyE1(F8s3CvVsN^LEA5BtbNvT<H;0"
            "ll43{HANh0@|&2Ns^_7pwrN$-*+|q&{=l9}wQ3y4sZJbchQ_I0&tp?F<ctVfiK&@-9-C^g5G@c>jd~tu"
            "RFj+%KFO%LY8=ODo;=PBt5NgyJT#SWsfsqhfnr0&1v(a+SttmS87nT*vCz!Y#Z|#ZI6AhVgiEwE&L2;h"
            "e^01L89k4q)GCgXOj?-J(l|;5ag;udQk$N~QEC^*Ni2mOS{g^GOB^M&6m{!)Y^p~Rb$M&DLeJx=>l1=c"
            "vnlM?(%4W@kfbpRLoJP`Et1zIpA>;;P|rhC?L$@3IWQM|p5f({DFm>sRkA8gsPgI*0(c77SZsgT6b|co"
            "+`_GudoU8I(mFMc<FsBJCtqAP=y_~vqkR9gvi^IMp2wy(TZp>E)D}ID`^&9Dk4W~I#cetk*YWLQC1#z|"
            "4lRuh?Gz+))X*+1jScM<C0Pf)M@wTvdqqjM^zPHr*wB7alB9HaKubeIg^{Y{EZFamdw$@c5{7m<4pkMK"
            ";RutMCof4}$A?o%U~5P0bV)+RM^i~)Ysc(#NovK%Q%T^2KOt>}{5(nclUf?DbEo8WD$CZn(|R6vPG{uS"
            "hg8neSv8Ie!#UyJ4gyjb&MRST=Yph|BX%w-VVp&mge=JBX>$@?*7MlZ6$?=^YtdCbk4;^(5M?`+>v|rW"
            "x?v&8wgor!JT`U9LX>@1a9ht~Q+F&x*%|m<J&#S@vk)cqAiA&T@m}SDu-_ntiVt-xUQiwhD?$*^Z&Mzt"
            "act>{tjSIXo~m)&H$Ag!dPsi9&r?a@6n|lHK*K83OFfU9xmQ9vMrSa5t);P{H-aSnekFXXrSWm$JK?l%"
            "EFIW!;rkQ<*wzOdRZ<YjA5#cmTc2!HNgGxEoI(KG`eLI>ibDBo3ISX|ze!y_J<2S7SL3)!{jm5?0JaeS"
            ")blt_zvO|kwQp37|KCz6sZ)_L6OHLK<v-QN&jpU_<ot~5dTvr@D$l^l4H;7#_V)G-4lnO6#{I*YAom;A"
            "g~R0"
        ),
        "storescu_with_user_identity": (
            "c-p0!e`rl%7{}jhek5tuTACS?mL$jdaql_znzgOjwAS6Z=j<#bt+kdU#7L4PNs=T<LXsp&k|arzBuSDa"
            "Ns=T<k|arU?v6h!zR&aaoV#w@z4v^+ec$JO&htL+dzVp4HJ(%%rP_L<u%oLd>S#zF?UB{+_d_v{X-d^t"
            "hHd1treT?;nKvB6D*wdfl8hQrrc(7|FUZ9oXGbq8#80PHsp_#8lwXzkphC{u@!M7Zyj?amff3EeS6YOr"
            "Npc>Wn#_(g{!N&gBIlv0rm2bOOeAW>e_&6gN->V(RK<?dA>&jn=dr08J|o;5VQRXZ$EIpEL<@weIysLs"
            "s-8~?o5-lyVjRb54nIzZs!?<0JT#SWOhjwpK(V3XJQ<74%x46N87nT3vCz!og^6Gt938cw_=}`8&L4}J"
            "e~YO|j-1C)%CX}lCe8PxG>%e%9i>f1sY%Y`C^fU=BrN$YQW{68jU6RvDQK7T*i;86YSOLAGC7Z@u8Rpi"
            "nN5DTl*WdNj3gN&-<Q&O+5&!EvWX%P^vZc?s<|%_odt8jrZYTTo<acITFI-D2^FqNA%LfFwZ`^`n!<iL"
            "k6X9_z6T>BRT>oII8H<CIO)Y@jhx4(*7EmHj_SYH$$4yQy@sesnA#}kaeujq=@E%NW^q`?;yS*St;AI4"
            "v`tE5L)#fik2JJHN@GJiSxKq`-zBB7q1~(`we;?h(%8^mR+30*f1i|wh6?)=$r-TUA@2E}140<uX*rlE"
            "Hoy_aF^^voc^w@}C4sFS*3%^tDms!%0$V$(r%R+(bS#wwPWa>8R>;m134cOL<8|&7zfNVTb?&sB$DPv|"
            "zV#t0XX&gM$A#e>b8ovYQ5en(VQl9Dr|1!OE(&3sMVFW?$mYrBB)BZ+v8gK>qQtBPSLHl5bxlK*+NoTZ"
            "^Vrl44N+=aa8u4>Q@1oksqYGI%Xw_-j)o|827Xu0V^jAuM2UJ3+?VrsukwJ|ZxDux4`nP~P#!TWg6ops"
            "raTto*wPbTlR6!ED#mf&^h~emA@VzVo=O6z_zR5#8mdCQl=HZmd&RV4<P7?+r8GA5hLI${U-92cX?$Gx"
            "jydfcO$X|@@O=saZ0m!LDp3%^k0}JOtxr0tL>m=;P9cD8ebG@RibD7`g#a#~-?%QHJjyJ67vs1}{m}SN"
            "0BRxrDd%yVe(?jP*1i!j{(noQczq9)8n0BV3jb6a+j9-m@NCC4Ei<k&<)>?SeM(jOot<61{Y%@6QFp)N"
            "dMo0$#${B+z=i=ead>EO^U#*xPN2v%"
        ),
        "storescu_of_jpeg": (
            "c-pO+e`rl%9LC@Ik(M-Tp_wsB5{`4u{W&w+%%-(ww%sL3OYY9Sx0@tMk|arzBuSDaNs=T<k|arzBuSDa"
            "Ns=T<lIGl9e^_(h=PA!ww|39Y`+1(e=lg!&?|aV5j4=z#O_?z*eW~8Ij#a6)y5iBA^6LIR3^*nmGsSa!"
            "CmD4e&vo6T6LGx4PdKuv%nTXVnA(vS#KJ#EhcBuRKapl*rjERz@Ga^j+z^o+OCqX9BfNi~_QTVaqfQs>"
            "jt5%F@Ji2acLIq}*e!>li8{dUL=qveyKGWXYep$8FZ{*oHdDb76tS&@fr+5lR*?vW-6=Tj;xW73X(U2n"
            "x0=wZx7)2D5sJ*M#d+u3Gj|q8P{ejN4on2p+&LsdV7FmzQLDOSWUN-x^N8UJoAZH={r;yH5W@vF8y6LI"
            "YD$I!EVsd83ZTeS4<wm~D{O>BC?Xq!fw8ARke~pH$kxNK_$aasBtj9{Mi>~o*`SF6C?eYe!-C9aTS<h%"
            "ZX42aVS~7mL?{xW1KdZHwLvEZP+08(N+_;DHw926K@VQceS7K3_K^sI-RAzH*36O#=fgRcTf;IGhSy>-"
            "l(@NdEJKkH>xmsTNQeOvp=iE0;MUn5-ONUgpor}t3=CX)GbBP`H-{&74D7@5Btl_#6QSkW?QSL!iao;?"
            "(Dd7%cBHow!xd}UHn<dl&UQNmP*~joloH75P70u~x(h0So!D*)ps>0JDuHHZF9lFo-3OKIlPcIx0R&c;"
            "9w;hJFWHRRE7jmZX1u`Y@<T<Tx{@IYZ(sP;KC|+Nd5XgH5l+sYxcQ?zMPd3FCudLL{BfS5m~to3?%Ge<"
            "r`$;jpy&@y;l(`)`h(LXLebft!F{QHjmVtk2#Ruc4wR#K++NPkGvgITFCd|W-RMPTydqmKfmDkoQHz+p"
            "Od=F^uMk@H9LQcJ5emE42raP7y-p$&c5e_`VB>g`L@4auBDBE!#@i%9VfPN91>T9>B@qg{_XsU}70ccy"
            "5sH281F%uGTTMSChAWoaM_{px$I)Bd#~eXn_6e2(PraUU1Vvx_jO$44Gc5m{rzj@b3*s3jsJJglgrW_9"
            "1-fXI55a2+ps@M|D53Yd!CMNTczFK~Ja`|@Iq>lQJ<CuS{=kUY%UJFs%TO5p#E9A3+}vlDp)mY~5wn-F"
            "+*g*NSSr4uO(1&ZkonFL6jk>J@o!t8wfRXR6tVq<BLjMdA&&6BW>*`tq{o<XW{fete@dsHh&!&6@FTA4"
            "xna>PeBw@`-<XQ-_V$jxffcP?sm_5&Jn<XNd+j{"
        ),
        "dcmsend": (
            "c-n=I%?g505QV=>?JJ^1wDAdsxoTc%Wtf6Qe`;$tz5gqe*EUH(XPCvD^Bouim<a~<O<Nb$xh;aX^412Q"
            ";*aLAvJy%ft5{V{B@*kWZ$1o96xL&4+sE+$g&8czp}*{J+tZ6L`wF`oOd+F&%|N<DR9qOTTJ0b5n~1x^"
            ">{6Ch(;f0td+egby#T_xCzS"
        ),
        "getscu": (
            "c-pO-kB4Pt7{}jHNs?`>Y1<z&JG+%6ozDB?yyqNAyJlxI*0$}=T`S2Ld*|MBT}hH8Ns=T<k|arzBuSDa"
            "Ns=T<k|arzBuRfkoqNud*3LcOZ+!1qX77FG{k+fne&6SPp7XwU#u#&G&deBdaJ6@0dF7_w@?!g1>e<Er"
            "z6^L>Y|NZZTvCKIv1ytXiBIh0r~b>qjQPu?#_T@RAgezP$>cqo_yfjlKl9_}gRS3o_1m*&y<L;4b6V2;"
            ")+C#hLe_bZl}&5(|FVYXx2!$WSb5R>u>du=pmVb7A1`vMx)2OtQCq557s1I2vdP*8Cd<~pXi%fs7PT;a"
            "vV?-)4#&`|#;}^h+K8EmwS!=lB5mx%+7K<|YBzSvi*#7c6D*Mo`+Hl~&Z$Ev;_L$)(L4<=1CoeQwSos%"
            "px7>p6;}d5SY50bTm`*SEvc)aS5D^DHP9<nti2X`rDIvdN`q{+Ji$`URt9EEr;8krf-G8;kfieII+$~&"
            "B28S6H!7#fq;CLTMU~P=2T>a6bW3=&gkdtZSIb1+u8J2o62+rx(_g`PplS$@K(}<$brdhJT(p#j$8b$t"
            "h)~DTZ0U-}Rg6+;@FX5URXTVI>mn1CSc6;OR;&u}x55olRbSnPQW;ms6u5?Ep+c=AR4I#0rwIj$B2#|@"
            "RE{E542DpDDy5GADVLGPkfcg)Z-*pRdV2>Xi4?JMXG_{OHTJ1C-@9;-$Tg_(-7RWyDyp8S`oAIpj_=`c"
            "st|ZD7|24F2#)XLJQHbgct7$il`XIbQ2ppcnPBxG-bR9IjXi{G1W_#9co@Wu7)78*5J(g?sz+hf6IJp%"
            "{aDMobSst*sz6vh4qOU_EVZbfAXp+zR8JBtRgM1?!BVB1PZKOr(NjG`uv9VdS%RfHn|qF6sfyI+36^Lr"
            "_g?@df`~JG5g#t8_WPGGO7-O8WsFkgXRqKyR}=@wuX6dBNbbYeuxBc1ypHBe_ekLlj8duaO{_vy7<`L("
            "G_6Xe--gE)D$+ZEBs(G=zsoEwU8VINgOfdVAHUDwbdRV%z=1=g`_YHstf`$h5$q!draH3wn1QLTiG9Mr"
            "MElC<QwAp5Gl!qy8d;^q&zZY+DlLA&z*HOAmuL`m2ZUb{ckNWU@7LHZ(Fm@8)1odp8&$6>(et47Z#y7P"
            "R7m!}1BHobHTAy-9Fad8KY#~LR(0s}BXCGmeGh(u&pK5@_cIzgQBYX_rAyeViu+eEKcXF}{~O?_%D3N9"
            "7A8Bt8vcP%s;%fx9J3Vzc(a*ZIBv|j#vCvwHW!o2W0EGh^J!|+y7rj-i%H%yW*_)MiJ3u0_3w?*V)s`#"
            "8k@bH-@QPr=1UW}LjiYa@->CVW<UCV0mk`+>3GZ-qmt;jBO3C7F>0Ng@3?M`3>@n3<bpSxc|6MY-%;*t"
            "$KiGy(~iaMFh-O6zKjv<5z*;@$C&_GpAy1xa52YC$M>Uqn}n51s5S4f5usOW8JeS(e4Y|<v4A~d!dbwc"
            "O>Vpqoz6-uMu(LK<4<#|i|8}9DXGcGQWVPq_6j<lGbSFJSZvaEccJS(3^BZUV{<vafkN8B=_>wNV7RRS"
            "+e(Ru<_ba`AteHXM<X61w8(LAiJMOCnSSVw8fi|;8KcM;ImXB`MkQlZFh&_;<QbzJ#f6;6aROn(<Vs9L"
            "jO6n1L|eGuL<Ein<y*#V&=zMF(8QAwhK)pyv<uYqWhmuo`$kzg$|_J+p0bKWoXn`o%2HN1VdHYKm=g`P"
            "uwBz0b#{H~N)$#iWKg2b!@?A%z`G%)*iJuTxQxgE$EBQDNI4~qnsw5cZO0BDURhl`v~;w0WX;F?ZzzuG"
            "6#"
        ),
        "findscu": (
            "c-n=I!3x4a3`A$ayNc+=OTQo_yX|iARH-c#v1+?L7ythwbhlnCBEBSt%uFB(fSUT)`>twQUnOr!FUcqP"
            "!wT36Y06V3Vdk6+Nvv@BP<VoY-8_&5J0&9pu$en?`yuNfufOCQaJT~tpg;%gr=+vQ<g{TH4&TJF<OX1Q"
            "t?Q;APvym*M`PU!L;xoM"
        ),
        "orthanc_echo": (
            "c-pO!PYZ%T5XGPUAv#q=UAp)QhH=+i>7<yFL|SUMK)Up?`l_{N9VEevZ`sS6H}hj)3;=^C48YHeER2&P"
            "G;5_<aqyGC{0SYJ11pOJxi*u<%q~f?s;4_|23}xb(G2LK*J287F8|C=w#62D{$p6r-!#ix9kA=(-bmvP"
            "lIV>z=_HAMNcU+?TDOs8AM2cf-31r{9<uLBLOH~wgk-i@-%9lzQdeM>Mp2xX``}a@OX;XL-Og}2"
        ),
        "orthanc_store": (
            "c-objafl3I7{<Q~Nz%ElOXnOXB*~bW-JO|ruDk2pv0Zz!GdGtcU6Le8k|arzBuSDaNs=T<k|arzBuSDa"
            "Ns=T<5|Tfdz2%RKdEe*RYunp)eoxQ$e(${B`+ZYqjG6t-)EUz~n8dxMfuy&s_6p-<S@%Fs+uxT_UXzV!"
            "axB*h^0wvJwjEeG%c=gQWKd^*8QYlV(H9ibpYtOZxn0IIj{dRwt;&|i0BplQ?EeMbRB-XQnqX^|U@?8?"
            "vJFM!L7p--K@knoYaPMVM3ARUO;SgiehQ}QL7p+y-cS>rmL=+>|73frG-5avrzUlrIWbOCK%O$ytY?H*"
            "5KOgzJY}jC5G@L(W`I1EQ8V?F5DHXf7KT%Cnxl_1C)KFAAkUZz<|&m}Nb&M~fMv`qT2K>g$rO}oc(@Rv"
            "sVQ@mkUL5d$bmc+rGh$6A+tjtqNykq)ls@)l-fa_ic*I<PQg;x3DH!Py46vNmZBbzr%d%~qPE-(ECqRL"
            ">PkxR#cT@uA(}E&RwTt3g&{;!(-!GVfh!b&Xb|KXQyoJ!(dn7F;K~^uFGmF^TPt)`F`?p>r~oyEtAHJc"
            "G=;+;PjyYJ^|nWdRAmi@Q*m0Wj#FM-)`2`_YQ28{6r`4S1ISaRHUgryU}_V{Q~l*;rAHLDb>%GpOV#nM"
            "Y9*FBr)>~T8QQK$`l6v75KS4{sY*&6_%4X14DD7WrKNWdL{o<Ls**xVhx;I!F;v`Nlbo8_?+Ew&zySni"
            ">~tQiDYj*fFpYWoRmkh)5H3MkJB;ZH36&hdB`9l0F<l|Gl4H08mGH;4t&kfC34a2jsdet8zE0((b?y|%"
            "Q=QXkz4Z|)XXOlrQ-$HIa&LQ{P#Df3FlFbwrsxZHE+8<KMHiJU$OmF`5?um$%G6~*RG78s3dmEYt^%Uc"
            "PURZNQ>Ly1qSChD2FO#UZUUmx@%$~2r%c@jM5SZrJ0MS)x(kR3^&q+j^3-1CzOvsC43!@MEVZCKR8|Df"
            "6CYqa!f?vcV_j1^9e9G_RNwRzYkGwIPM+ZsREj?b4rrtb^#bInX6~iZj)^lEzJh4V&}&6fe7+LCfoSTu"
            "@U3#%H<Aw0ap5~ufU@--Q56b8`~el9Y<)yjg*GbwgbGl$J|n6^QHZ~w0#pJ0s&)C|QD)^khErAQ2k`J+"
            "T8MvwJZ!3x7KO-|vBq?n_|L8F`krN5zMHdc$4+nR>f5vYA!F*pzP{4n@RFW#(m$N@{NJLQsh9"
        ),
        "orthanc_commitment": (
            "c-n=H!3x4K42J)LcNO*IWls>&R@&idV{UAS+wAIjkMCn>ig=J6{6gT*M?w^YClpXlG1Ofj>+Hi2Vq5lA"
            "_62{~00&Km@)MJ0=A10)RC3uWyuiTzcR?nJ1+ZOsk-LQ?Jp$)DumTDM;FzTGj+nf$%$ntCYDfM7tcRxQ"
            "rukCc;&rypzX2K5BsK"
        ),
    }
)
"""A-ASSOCIATE-RQ, whole, by who sent it."""

ACCEPTS = _unpack(
    {
        "storescp": (
            "c-n=I%?iRW5QL{z5l<@Op?Ik;uxuJhiYKMEP>O$TJoo+I!VS475}aiZ%Qv&k1VBPafb-z`y1ltN52~EX"
            "KZQS90b4}{l?Nup%q3}3e)d2n|8WA=-v+q^?$Q7^KQLrxNTb<oj%ge&V#x<^d_tnqtCt4eP*_7uw$RLq"
            "rMq84_602OP16qJrMkLq)W*I6r&B2U"
        ),
        "orthanc": (
            "c-n=I-3r1m424gfB3`Me;P7U?KuB9@cd5(`rues2Z}<LhVaslmF+CxW@Z}^K01zh#;843NFRw07T4hcq"
            "pTZx_fR!Xg>5fS<b4r?Ih%FHN{n!KZ?*ZR=xQSZ0=)l%HLe%Sx$G_mD@9G_RJ%C}rmH!|NC~JtxD$Oj}"
            "{~pqib-)_S&IVr!@dT!~qA2U;m|fht(Z;?3Zt5++"
        ),
    }
)
"""A-ASSOCIATE-AC, whole, by who sent it; all answer one request."""
